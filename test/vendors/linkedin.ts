import type { VendorResponse } from './corpus/vendor-response.js';

const source = 'https://learn.microsoft.com/en-us/linkedin/shared/authentication/client-credentials-flow';

export const responses: readonly VendorResponse[] = [
  {
    title: 'a token without token_type, expires_in as a string',
    source,
    status: 200,
    body: { access_token: 'not-a-real-linkedin-token', expires_in: '1800' },
    token: { lifetime: 1_800, scopes: '', anomalies: ['token_type_assumed'] },
  },
  {
    title: 'a wrong secret',
    source,
    status: 401,
    body: { error: 'invalid_client', error_description: 'Client authentication failed' },
    failure: { reason: 'client_refused', upstreamError: 'invalid_client' },
  },
];
