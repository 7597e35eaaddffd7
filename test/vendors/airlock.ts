import { someJwt, type VendorResponse } from './corpus/vendor-response.js';

export const responses: readonly VendorResponse[] = [
  {
    title: 'a token of three minutes',
    source:
      'https://docs.airlock.com/iam/latest/plugins/com.airlock.iam.oauth2.application.configuration.OAuth2ClientCredentialsGrantConfig.html',
    status: 200,
    body: { access_token: someJwt({ iat: 1_000, exp: 1_180 }), token_type: 'Bearer', expires_in: 180 },
    token: { lifetime: 180, scopes: '' },
  },
];
