import { someJwt, type VendorResponse } from './corpus/vendor-response.js';

const source = 'https://developer.okta.com/docs/guides/implement-grant-type/clientcreds/main/';

export const responses: readonly VendorResponse[] = [
  {
    title: 'a token',
    source,
    status: 200,
    body: {
      access_token: someJwt({ iat: 1_000, exp: 4_600 }),
      token_type: 'Bearer',
      expires_in: 3_600,
      scope: 'customScope',
    },
    requested: 'customScope',
    token: { lifetime: 3_600, scopes: 'customScope' },
  },
  {
    title: 'an unknown client, in fields of its own',
    source: 'https://developer.okta.com/docs/reference/error-codes/',
    status: 401,
    body: {
      errorCode: 'invalid_client',
      errorSummary: "Invalid value for 'client_id' parameter.",
      errorLink: 'invalid_client',
      errorId: 'oae0',
      errorCauses: [],
    },
    failure: { reason: 'client_refused', upstreamError: 'invalid_client' },
  },
  {
    title: 'no default scope',
    source: 'https://github.com/requests/requests-oauthlib/issues/463',
    status: 400,
    body: {
      error: 'invalid_scope',
      error_description:
        "The authorization server resource does not have any configured default scopes, 'scope' must be provided.",
    },
    failure: { reason: 'scope_refused', upstreamError: 'invalid_scope' },
  },
  {
    title: 'the scope openid, which is for users',
    source:
      'https://developer.konghq.com/support/kong-gateway-openid-plugin-with-okta-receiving-cannot-request-openid-scopes-using-client-credentials/',
    status: 400,
    body: {
      error: 'invalid_scope',
      error_description: "Cannot request 'openid' scopes using client credentials.",
    },
    failure: { reason: 'scope_refused', upstreamError: 'invalid_scope' },
  },
  {
    title: 'a client that needs DPoP',
    source: 'https://developer.okta.com/docs/guides/dpop/oktaresourceserver/main/',
    status: 400,
    body: { error: 'invalid_dpop_proof', error_description: 'The DPoP proof JWT header is missing.' },
    failure: { reason: 'request_refused', upstreamError: 'invalid_dpop_proof' },
  },
  {
    title: 'too many requests, in fields of its own',
    source: 'https://developer.okta.com/docs/reference/rate-limits/',
    status: 429,
    headers: { 'x-rate-limit-reset': '1609459200' },
    body: {
      errorCode: 'E0000047',
      errorSummary: 'API call exceeded rate limit due to too many requests.',
      errorCauses: [],
    },
    failure: { reason: 'throttled' },
  },
];
