import { someJwt, type VendorResponse } from './corpus/vendor-response.js';

const source =
  'https://support.atlassian.com/user-management/docs/create-oauth-2-0-credential-for-service-accounts/';

export const responses: readonly VendorResponse[] = [
  {
    title: 'a token',
    source,
    status: 200,
    body: {
      access_token: someJwt({ iat: 1_000, exp: 4_600 }),
      expires_in: 3_600,
      scope: 'read:jira-work',
      token_type: 'Bearer',
    },
    requested: 'read:jira-work',
    token: { lifetime: 3_600, scopes: 'read:jira-work' },
  },
  {
    title: 'a wrong secret: 401 with access_denied',
    source: 'https://developer.atlassian.com/cloud/jira/platform/oauth-2-3lo-apps/',
    status: 401,
    body: { error: 'access_denied', error_description: 'Unauthorized' },
    failure: { reason: 'client_refused', upstreamError: 'access_denied' },
  },
];
