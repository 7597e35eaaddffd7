import type { VendorResponse } from './corpus/vendor-response.js';

export const responses: readonly VendorResponse[] = [
  {
    title: 'a token with status 201',
    source: 'https://github.com/panva/openid-client/issues/666',
    status: 201,
    body: { access_token: 'not-a-real-crowdstrike-token', expires_in: 1_799, token_type: 'bearer' },
    token: { lifetime: 1_799, scopes: '' },
  },
  {
    title: 'a wrong secret, in a list of errors',
    source: 'https://www.falconpy.io/Service-Collections/OAuth2.html',
    status: 403,
    body: {
      meta: { trace_id: '0' },
      errors: [{ code: 403, message: 'access denied, invalid client or secret' }],
    },
    failure: { reason: 'client_refused' },
  },
];
