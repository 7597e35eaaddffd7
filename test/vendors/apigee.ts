import type { VendorResponse } from './corpus/vendor-response.js';

const answer = {
  issued_at: '1420301470489',
  application_name: 'ce1e94a2-9c3e-42fa-a2c6-1ee01815476b',
  scope: 'READ',
  status: 'approved',
  api_product_list: '[PremiumWeatherAPI]',
  expires_in: '3599',
  'developer.email': 'someone@example.com',
  organization_id: '0',
  token_type: 'BearerToken',
  client_id: 'not-a-real-client',
  access_token: 'not-a-real-apigee-token',
  organization_name: 'example',
  refresh_token_expires_in: '0',
  refresh_count: '0',
};
const source = 'https://docs.apigee.com/api-platform/security/oauth/oauth-20-client-credentials-grant-type';

export const responses: readonly VendorResponse[] = [
  {
    title: 'BearerToken where the settings accept it, expires_in as a string',
    source,
    status: 200,
    body: answer,
    acceptTokenTypes: ['BearerToken'],
    token: { lifetime: 3_599, scopes: 'READ' },
  },
  {
    title: 'BearerToken where they do not',
    source,
    status: 200,
    body: answer,
    failure: { reason: 'malformed' },
  },
  {
    title: 'a wrong client, in fields of its own',
    source: 'https://docs.apigee.com/api-platform/reference/policies/oauthv2-policy',
    status: 401,
    body: { ErrorCode: 'invalid_client', Error: 'ClientId is Invalid' },
    failure: { reason: 'client_refused', upstreamError: 'invalid_client' },
  },
  {
    title: 'a fault of the proxy itself',
    source: 'https://docs.apigee.com/api-platform/troubleshoot/runtime/500-internal-server-error',
    status: 500,
    body: {
      fault: {
        faultstring: 'Failed to resolve variable',
        detail: { errorcode: 'steps.oauth.v2.FailedToResolveToken' },
      },
    },
    failure: { reason: 'unavailable' },
  },
  {
    title: 'a spike arrest',
    source: 'https://docs.apigee.com/api-platform/reference/policies/spike-arrest-policy',
    status: 429,
    body: {
      fault: {
        faultstring: 'Spike arrest violation. Allowed rate : 10ps',
        detail: { errorcode: 'policies.ratelimit.SpikeArrestViolation' },
      },
    },
    failure: { reason: 'throttled' },
  },
];
