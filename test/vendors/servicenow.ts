import type { VendorResponse } from './corpus/vendor-response.js';

export const responses: readonly VendorResponse[] = [
  {
    title: 'a wrong secret: 401 with server_error',
    source: 'https://openillumi.com/?p=87705',
    status: 401,
    body: { error_description: 'access_denied', error: 'server_error' },
    failure: { reason: 'client_refused', upstreamError: 'server_error' },
  },
];
