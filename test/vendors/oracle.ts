import type { VendorResponse } from './corpus/vendor-response.js';

const source =
  'https://docs.oracle.com/en/industries/financial-services/financial-lending-leasing/15.0.0.0.0/oauth/access-token-client_credentials-grant-type.html';
const nested = {
  AuthResponse: {
    Token: 'not-a-real-oracle-token',
    Expires_in: 3_600,
    TokenType: 'Bearer',
    Result: { Status: 'SUCCESS' },
  },
};

export const responses: readonly VendorResponse[] = [
  {
    title: 'a token within another object, where the settings name its fields',
    source,
    status: 200,
    body: nested,
    responseFields: {
      access_token: 'AuthResponse.Token',
      token_type: 'AuthResponse.TokenType',
      expires_in: 'AuthResponse.Expires_in',
    },
    token: { lifetime: 3_600, scopes: '' },
  },
  {
    title: 'a token within another object, where they do not',
    source,
    status: 200,
    body: nested,
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
