import type { VendorResponse } from './corpus/vendor-response.js';

const source = 'https://zitadel.com/docs/guides/integrate/service-users/client-credentials';

export const responses: readonly VendorResponse[] = [
  {
    title: 'a token',
    source,
    status: 200,
    body: { access_token: 'not-a-real-zitadel-token', token_type: 'Bearer', expires_in: 43_199 },
    requested: 'openid',
    token: { lifetime: 43_199, scopes: 'openid' },
  },
  {
    title: 'a wrong secret',
    source,
    status: 401,
    body: { error: 'invalid_client', error_description: 'invalid secret' },
    failure: { reason: 'client_refused', upstreamError: 'invalid_client' },
  },
];
