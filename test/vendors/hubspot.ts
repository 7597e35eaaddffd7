import type { VendorResponse } from './corpus/vendor-response.js';

const source = 'https://developers.hubspot.com/docs/api/oauth-quickstart-guide';

export const responses: readonly VendorResponse[] = [
  {
    title: 'a token',
    source,
    status: 200,
    body: {
      token_type: 'bearer',
      refresh_token: 'not-a-real-refresh-token',
      access_token: 'not-a-real-hubspot-token',
      expires_in: 1_800,
    },
    token: { lifetime: 1_800, scopes: '' },
  },
  {
    title: 'names in camel case',
    source: 'https://developers.hubspot.com/docs/methods/oauth2/oauth2-quickstart',
    status: 200,
    body: { accessToken: 'not-a-real-hubspot-token', expiresIn: 1_800, tokenType: 'bearer', scopes: ['crm'] },
    failure: { reason: 'malformed' },
  },
  {
    title: 'an unknown client, without an OAuth error',
    source,
    status: 400,
    body: { status: 'BAD_CLIENT_ID', message: 'missing or unknown client id', correlationId: '0' },
    failure: { reason: 'client_refused' },
  },
];
