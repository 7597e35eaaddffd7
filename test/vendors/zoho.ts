import type { VendorResponse } from './corpus/vendor-response.js';

const source = 'https://www.zoho.com/accounts/protocol/oauth/self-client/client-credentials-flow.html';

export const responses: readonly VendorResponse[] = [
  {
    title: 'a token',
    source,
    status: 200,
    body: {
      access_token: 'not-a-real-zoho-token',
      scope: 'ZohoCRM.settings.READ',
      api_domain: 'https://www.zohoapis.com',
      token_type: 'Bearer',
      expires_in: 3_600,
    },
    requested: 'ZohoCRM.settings.READ',
    token: { lifetime: 3_600, scopes: 'ZohoCRM.settings.READ' },
  },
  {
    title: 'a wrong secret with status 200',
    source,
    status: 200,
    body: { error: 'invalid_client' },
    failure: { reason: 'client_refused', upstreamError: 'invalid_client' },
  },
  {
    title: 'an organisation that is missing, with status 200',
    source,
    status: 200,
    body: { error: 'missing_org_info' },
    failure: { reason: 'request_refused', upstreamError: 'missing_org_info' },
  },
];
