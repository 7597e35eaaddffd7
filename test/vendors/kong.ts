import type { VendorResponse } from './corpus/vendor-response.js';

const source = 'https://developer.konghq.com/plugins/oauth2/';

export const responses: readonly VendorResponse[] = [
  {
    title: 'a token',
    source,
    status: 200,
    body: { access_token: 'not-a-real-kong-token', token_type: 'bearer', expires_in: 7_200 },
    token: { lifetime: 7_200, scopes: '' },
  },
  {
    title: 'token_expiration 0, which means no end: 0 seconds are no token',
    source,
    status: 200,
    body: { access_token: 'not-a-real-kong-token', token_type: 'bearer', expires_in: 0 },
    failure: { reason: 'malformed' },
  },
  {
    title: 'a wrong secret',
    source,
    status: 401,
    body: { error: 'invalid_client', error_description: 'Invalid client authentication' },
    failure: { reason: 'client_refused', upstreamError: 'invalid_client' },
  },
  {
    title: 'a wrong client of an old version: invalid_request',
    source: 'https://github.com/Kong/kong/issues/1017',
    status: 400,
    body: { error: 'invalid_request', error_description: 'Invalid client_id' },
    failure: { reason: 'client_refused', upstreamError: 'invalid_request' },
  },
];
