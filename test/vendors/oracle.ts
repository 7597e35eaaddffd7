import type { VendorResponse } from './corpus/vendor-response.js';

export const responses: readonly VendorResponse[] = [
  {
    title: 'a token within another object',
    source:
      'https://docs.oracle.com/en/industries/financial-services/financial-lending-leasing/15.0.0.0.0/oauth/access-token-client_credentials-grant-type.html',
    status: 200,
    body: {
      AuthResponse: {
        Token: 'not-a-real-oracle-token',
        Expires_in: 3_600,
        TokenType: 'Bearer',
        Result: { Status: 'SUCCESS' },
      },
    },
    failure: { reason: 'malformed' },
  },
  {
    title: 'expires_in as a string',
    source: 'https://github.com/dart-archive/oauth2/pull/105',
    status: 200,
    body: { access_token: 'not-a-real-oracle-token', token_type: 'Bearer', expires_in: '3600' },
    token: { lifetime: 3_600, scopes: '' },
  },
];
