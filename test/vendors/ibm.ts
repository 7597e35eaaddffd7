import { someJwt, type VendorResponse } from './corpus/vendor-response.js';

const source = 'https://cloud.ibm.com/apidocs/iam-identity-token-api';

export const responses: readonly VendorResponse[] = [
  {
    title: 'a token with its end beside its life',
    source,
    status: 200,
    body: {
      access_token: someJwt({ iat: 1_000, exp: 4_600 }),
      refresh_token: 'not_supported',
      token_type: 'Bearer',
      expires_in: 3_600,
      expiration: 4_600,
      scope: 'ibm openid',
    },
    requested: 'ibm openid',
    token: { lifetime: 3_600, scopes: 'ibm openid' },
  },
  {
    title: 'an unknown key, in fields of its own',
    source,
    status: 400,
    body: {
      errorCode: 'BXNIM0415E',
      errorMessage: 'Provided API key could not be found.',
      context: { requestId: '0' },
    },
    failure: { reason: 'client_refused' },
  },
];
