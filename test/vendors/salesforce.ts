import type { VendorResponse } from './corpus/vendor-response.js';

const source =
  'https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oauth_client_credentials_flow.htm';

export const responses: readonly VendorResponse[] = [
  {
    title: 'a token without expires_in',
    source,
    status: 200,
    body: {
      access_token: 'not-a-real-salesforce-token',
      signature: 'not-a-real-signature',
      scope: 'api',
      instance_url: 'https://instance.example',
      id: 'https://login.salesforce.com/id/0/0',
      token_type: 'Bearer',
      issued_at: '1657741493799',
    },
    requested: 'api',
    token: { lifetime: 'default', scopes: 'api', anomalies: ['lifetime_assumed'] },
  },
  {
    title: 'an unknown client',
    source: 'https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oauth_flow_errors.htm',
    status: 400,
    body: { error: 'invalid_client_id', error_description: 'client identifier invalid' },
    failure: { reason: 'client_refused', upstreamError: 'invalid_client_id' },
  },
  {
    title: 'a wrong secret',
    source: 'https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oauth_flow_errors.htm',
    status: 400,
    body: { error: 'invalid_client', error_description: 'invalid client credentials' },
    failure: { reason: 'client_refused', upstreamError: 'invalid_client' },
  },
  {
    title: 'an application without a user to run as',
    source,
    status: 400,
    body: { error: 'invalid_grant', error_description: 'no client credentials user enabled' },
    failure: { reason: 'request_refused', upstreamError: 'invalid_grant' },
  },
];
