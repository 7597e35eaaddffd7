import { someJwt, type VendorResponse } from './corpus/vendor-response.js';

export const responses: readonly VendorResponse[] = [
  {
    title: 'a token',
    source: 'https://docs.spring.io/spring-authorization-server/reference/getting-started.html',
    status: 200,
    headers: { 'content-type': 'application/json;charset=UTF-8' },
    body: {
      access_token: someJwt({ nbf: 1_000, iat: 1_000, exp: 1_300 }),
      scope: 'message.read',
      token_type: 'Bearer',
      expires_in: 299,
    },
    requested: 'message.read',
    token: { lifetime: 299, scopes: 'message.read' },
  },
];
