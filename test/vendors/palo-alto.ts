import type { VendorResponse } from './corpus/vendor-response.js';

const source =
  'https://docs.paloaltonetworks.com/saas-security/data-security/syslog-and-api-integration/api-client-integration/authentication-errors';

export const responses: readonly VendorResponse[] = [
  {
    title: 'a wrong secret: 401 with unauthorized',
    source,
    status: 401,
    body: {
      error: 'unauthorized',
      resolution: 'Please submit valid credentials.',
      error_description: 'Invalid credentials',
    },
    failure: { reason: 'client_refused', upstreamError: 'unauthorized' },
  },
];
