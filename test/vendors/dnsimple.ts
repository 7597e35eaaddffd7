import type { VendorResponse } from './corpus/vendor-response.js';

const source = 'https://github.com/dnsimple/dnsimple-developer/pull/1025';

export const responses: readonly VendorResponse[] = [
  {
    title: 'a wrong secret before it had a status of its own',
    source,
    status: 400,
    body: { error: 'invalid_request', error_description: 'Invalid "client_secret"' },
    failure: { reason: 'client_refused', upstreamError: 'invalid_request' },
  },
  {
    title: 'a wrong secret',
    source,
    status: 401,
    body: { error: 'invalid_client', error_description: 'Client authentication failed' },
    failure: { reason: 'client_refused', upstreamError: 'invalid_client' },
  },
];
