import { someJwt, type VendorResponse } from './corpus/vendor-response.js';

const source = 'https://developer.xero.com/documentation/guides/oauth2/custom-connections/';

export const responses: readonly VendorResponse[] = [
  {
    title: 'a token',
    source,
    status: 200,
    body: {
      access_token: someJwt({ nbf: 1_000, iat: 1_000, exp: 2_800 }),
      expires_in: 1_800,
      token_type: 'Bearer',
      scope: 'accounting.transactions',
    },
    requested: 'accounting.transactions',
    token: { lifetime: 1_800, scopes: 'accounting.transactions' },
  },
  {
    title: 'a wrong secret',
    source,
    status: 400,
    body: { error: 'invalid_client' },
    failure: { reason: 'client_refused', upstreamError: 'invalid_client' },
  },
];
