import { someJwt, type VendorResponse } from './corpus/vendor-response.js';

const source = 'https://www.keycloak.org/docs/latest/server_admin/#_service_accounts';

export const responses: readonly VendorResponse[] = [
  {
    title: 'a token without a refresh token',
    source,
    status: 200,
    body: {
      access_token: someJwt({ iat: 1_000, exp: 1_300 }),
      expires_in: 300,
      refresh_expires_in: 0,
      token_type: 'Bearer',
      'not-before-policy': 0,
      scope: 'profile email',
    },
    requested: 'email profile',
    token: { lifetime: 300, scopes: 'email profile' },
  },
  {
    title: 'client scopes that were not requested',
    source,
    status: 200,
    body: {
      access_token: someJwt({ iat: 1_000, exp: 1_300 }),
      expires_in: 300,
      refresh_expires_in: 0,
      token_type: 'Bearer',
      'not-before-policy': 0,
      scope: 'orders profile email',
    },
    requested: 'orders',
    token: { lifetime: 300, scopes: 'email orders profile', anomalies: ['scope_differs'] },
  },
  {
    title: 'a wrong secret',
    source:
      'https://github.com/keycloak/keycloak/blob/main/services/src/main/java/org/keycloak/authentication/authenticators/client/ClientAuthUtil.java',
    status: 401,
    body: { error: 'unauthorized_client', error_description: 'Invalid client or Invalid client credentials' },
    failure: { reason: 'client_refused', upstreamError: 'unauthorized_client' },
  },
  {
    title: 'a client without a service account',
    source,
    status: 401,
    body: {
      error: 'unauthorized_client',
      error_description: 'Client not enabled to retrieve service account',
    },
    failure: { reason: 'client_refused', upstreamError: 'unauthorized_client' },
  },
  {
    title: 'a realm that does not exist',
    source:
      'https://github.com/keycloak/keycloak/blob/main/services/src/main/java/org/keycloak/services/resources/RealmsResource.java',
    status: 404,
    body: { error: 'Realm does not exist' },
    failure: { reason: 'request_refused', upstreamError: 'Realm does not exist' },
  },
  {
    title: 'a scope that the client does not have',
    source,
    status: 400,
    body: { error: 'invalid_scope', error_description: 'Invalid scopes: orders' },
    failure: { reason: 'scope_refused', upstreamError: 'invalid_scope' },
  },
];
