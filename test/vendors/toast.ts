import type { VendorResponse } from './corpus/vendor-response.js';

const source =
  'https://doc.toasttab.com/openapi/authentication/tag/Data-definitions/schema/AuthenticationResponse';
const body = {
  token: {
    tokenType: 'Bearer',
    scope: null,
    expiresIn: 86_400,
    accessToken: 'not-a-real-toast-token',
    idToken: null,
    refreshToken: null,
  },
  status: 'SUCCESS',
};

export const responses: readonly VendorResponse[] = [
  {
    title: 'a token within another object, where the settings name its fields',
    source,
    status: 200,
    body,
    responseFields: {
      access_token: 'token.accessToken',
      token_type: 'token.tokenType',
      expires_in: 'token.expiresIn',
    },
    token: { lifetime: 86_400, scopes: '' },
  },
  {
    title: 'a token within another object, where they do not',
    source,
    status: 200,
    body,
    failure: { reason: 'malformed' },
  },
];
