import { someJwt, type VendorResponse } from './corpus/vendor-response.js';

const source = 'https://github.com/babelouest/glewlwyd/blob/master/docs/OAUTH2.md';

export const responses: readonly VendorResponse[] = [
  {
    title: 'a token',
    source,
    status: 200,
    body: {
      access_token: someJwt({ iat: 1_000, exp: 4_600 }),
      token_type: 'bearer',
      expires_in: 3_600,
      iat: 1_000,
      scope: 'scope1',
    },
    requested: 'scope1',
    token: { lifetime: 3_600, scopes: 'scope1' },
  },
  {
    title: 'a wrong secret: a bare 403',
    source,
    status: 403,
    body: '',
    failure: { reason: 'client_refused' },
  },
  {
    title: 'a log-in that is missing: a bare 401',
    source,
    status: 401,
    body: '',
    failure: { reason: 'client_refused' },
  },
];
