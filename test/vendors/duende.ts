import { someJwt, type VendorResponse } from './corpus/vendor-response.js';

const source = 'https://docs.duendesoftware.com/identityserver/reference/endpoints/token/';

export const responses: readonly VendorResponse[] = [
  {
    title: 'a token',
    source,
    status: 200,
    headers: { 'content-type': 'application/json; charset=UTF-8', 'cache-control': 'no-store' },
    body: {
      access_token: someJwt({ nbf: 1_000, iat: 1_000, exp: 4_600 }),
      expires_in: 3_600,
      token_type: 'Bearer',
      scope: 'api1',
    },
    requested: 'api1',
    token: { lifetime: 3_600, scopes: 'api1' },
  },
  {
    title: 'a wrong secret',
    source,
    status: 400,
    body: { error: 'invalid_client' },
    failure: { reason: 'client_refused', upstreamError: 'invalid_client' },
  },
  {
    title: 'a scope that the client does not have',
    source: 'https://github.com/DuendeArchive/IdentityServer4/issues/3306',
    status: 400,
    body: { error: 'invalid_scope' },
    failure: { reason: 'scope_refused', upstreamError: 'invalid_scope' },
  },
  {
    title: 'a token bound to a key',
    source: 'https://docs.duendesoftware.com/identityserver/tokens/pop/',
    status: 200,
    body: {
      access_token: someJwt({ iat: 1_000, exp: 4_600 }),
      expires_in: 3_600,
      token_type: 'DPoP',
      scope: 'api1',
    },
    failure: { reason: 'malformed' },
  },
];
