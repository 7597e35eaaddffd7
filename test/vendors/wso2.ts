import type { VendorResponse } from './corpus/vendor-response.js';

const source =
  'https://apim.docs.wso2.com/en/latest/api-security/key-management/authentication/grant-types/client-credentials-grant/';

export const responses: readonly VendorResponse[] = [
  {
    title: 'a token with a scope of its own',
    source,
    status: 200,
    body: {
      access_token: 'not-a-real-wso2-token',
      scope: 'am_application_scope default',
      token_type: 'Bearer',
      expires_in: 3_600,
    },
    requested: 'default',
    token: { lifetime: 3_600, scopes: 'am_application_scope default', anomalies: ['scope_differs'] },
  },
  {
    title: 'a token without an end',
    source: 'https://is.docs.wso2.com/en/latest/references/token-config/',
    status: 200,
    body: {
      access_token: 'not-a-real-wso2-token',
      scope: 'default',
      token_type: 'Bearer',
      expires_in: 9_223_372_036,
    },
    requested: 'default',
    token: { lifetime: 86_400, scopes: 'default', anomalies: ['lifetime_capped'] },
  },
  {
    title: 'an unknown client',
    source: 'https://www.volcengine.com/article/3092458',
    status: 401,
    body: {
      error_description: 'A valid OAuth client could not be found for client_id: not-a-real-client',
      error: 'invalid_client',
    },
    failure: { reason: 'client_refused', upstreamError: 'invalid_client' },
  },
];
