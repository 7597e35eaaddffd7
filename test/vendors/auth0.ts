import { someJwt, type VendorResponse } from './corpus/vendor-response.js';

const source =
  'https://auth0.com/docs/get-started/authentication-and-authorization-flow/client-credentials-flow/call-your-api-using-the-client-credentials-flow';

export const responses: readonly VendorResponse[] = [
  {
    title: 'a token',
    source,
    status: 200,
    body: { access_token: someJwt({ iat: 1_000, exp: 87_400 }), token_type: 'Bearer', expires_in: 86_400 },
    token: { lifetime: 86_400, scopes: '' },
  },
  {
    title: 'a wrong secret: 401 with access_denied',
    source: 'https://auth0.com/docs/api/authentication/client-credential-flow/get-token',
    status: 401,
    body: { error: 'access_denied', error_description: 'Unauthorized' },
    failure: { reason: 'client_refused', upstreamError: 'access_denied' },
  },
  {
    title: 'an unknown audience',
    source: 'https://auth0.com/docs/api/authentication/client-credential-flow/get-token',
    status: 403,
    body: {
      error: 'access_denied',
      error_description: 'Service not enabled within domain: https://api.example',
    },
    failure: { reason: 'request_refused', upstreamError: 'access_denied' },
  },
  {
    title: 'a grant type that the client does not have',
    source,
    status: 403,
    body: {
      error: 'unauthorized_client',
      error_description: "Grant type 'client_credentials' not allowed for the client.",
    },
    failure: { reason: 'client_refused', upstreamError: 'unauthorized_client' },
  },
  {
    title: 'too many requests',
    source: 'https://auth0.com/docs/troubleshoot/customer-support/operational-policies/rate-limit-policy',
    status: 429,
    headers: { 'retry-after': '27' },
    body: { error: 'too_many_requests', error_description: 'Global limit has been reached' },
    failure: { reason: 'throttled', upstreamError: 'too_many_requests', retryAfter: 27 },
  },
];
