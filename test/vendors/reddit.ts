import type { VendorResponse } from './corpus/vendor-response.js';

const source = 'https://github.com/reddit-archive/reddit/wiki/OAuth2';

export const responses: readonly VendorResponse[] = [
  {
    title: 'a token for all scopes',
    source,
    status: 200,
    body: { access_token: 'not-a-real-reddit-token', token_type: 'bearer', expires_in: 86_400, scope: '*' },
    requested: '*',
    token: { lifetime: 86_400, scopes: '*' },
  },
  {
    title: 'a wrong secret: a number as error',
    source,
    status: 401,
    body: { message: 'Unauthorized', error: 401 },
    failure: { reason: 'client_refused' },
  },
  {
    title: 'a wrong grant type with status 200',
    source,
    status: 200,
    body: { error: 'unsupported_grant_type' },
    failure: { reason: 'wrong_endpoint', upstreamError: 'unsupported_grant_type' },
  },
];
