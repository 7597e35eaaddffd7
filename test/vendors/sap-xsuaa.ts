import { someJwt, type VendorResponse } from './corpus/vendor-response.js';

const source = 'https://docs.cloudfoundry.org/api/uaa/version/77.0.0/index.html#client-credentials-grant';

export const responses: readonly VendorResponse[] = [
  {
    title: 'a token',
    source:
      'https://sap.github.io/cloud-sdk/api/v4/interfaces/sap-cloud-sdk_connectivity.ClientCredentialsResponse.html',
    status: 200,
    body: {
      access_token: someJwt({ iat: 1_000, exp: 44_200 }),
      token_type: 'bearer',
      expires_in: 43_199,
      scope: 'uaa.resource',
      jti: '0',
    },
    requested: 'uaa.resource',
    token: { lifetime: 43_199, scopes: 'uaa.resource' },
  },
  {
    title: 'scopes as a list',
    source: 'https://github.com/cloudfoundry-attic/eclipse-integration-cloudfoundry/issues/38',
    status: 200,
    body: {
      access_token: 'not-a-real-uaa-token',
      token_type: 'bearer',
      expires_in: 599,
      scope: ['password.write', 'openid'],
      jti: '0',
      sub: '0',
    },
    requested: 'openid password.write',
    token: { lifetime: 599, scopes: 'openid password.write' },
  },
  {
    title: 'a wrong secret: 401 with a code of its own',
    source,
    status: 401,
    body: { error: 'unauthorized', error_description: 'Bad credentials' },
    failure: { reason: 'client_refused', upstreamError: 'unauthorized' },
  },
];
