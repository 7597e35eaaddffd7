import { someJwt, type VendorResponse } from './corpus/vendor-response.js';

const source = 'https://docs.aws.amazon.com/cognito/latest/developerguide/token-endpoint.html';

export const responses: readonly VendorResponse[] = [
  {
    title: 'a token',
    source,
    status: 200,
    headers: { 'content-type': 'application/json;charset=UTF-8' },
    body: { access_token: someJwt({ iat: 1_000, exp: 4_600 }), expires_in: 3_600, token_type: 'Bearer' },
    requested: 'orders/read',
    token: { lifetime: 3_600, scopes: 'orders/read' },
  },
  {
    title: 'a wrong secret',
    source,
    status: 400,
    body: { error: 'invalid_client' },
    failure: { reason: 'client_refused', upstreamError: 'invalid_client' },
  },
  {
    title: 'a scope or flow that the client does not have',
    source: 'https://www.volcengine.com/article/2473870',
    status: 400,
    body: { error: 'invalid_grant' },
    failure: { reason: 'request_refused', upstreamError: 'invalid_grant' },
  },
];
