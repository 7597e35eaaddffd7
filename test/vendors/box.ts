import type { VendorResponse } from './corpus/vendor-response.js';

const source = 'https://developer.box.com/guides/authentication/tokens/access-tokens/';

export const responses: readonly VendorResponse[] = [
  {
    title: 'a token without token_type, as the guide shows it',
    source,
    status: 200,
    body: {
      access_token: 'not-a-real-box-token',
      expires_in: 4_123,
      restricted_to: [],
      issued_token_type: 'bearer',
    },
    token: { lifetime: 4_123, scopes: '', anomalies: ['token_type_assumed'] },
  },
  {
    title: 'a wrong secret',
    source: 'https://developer.box.com/reference/authorization-resources',
    status: 400,
    body: { error: 'invalid_client', error_description: 'The client credentials are not valid' },
    failure: { reason: 'client_refused', upstreamError: 'invalid_client' },
  },
];
