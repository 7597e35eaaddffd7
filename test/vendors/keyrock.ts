import type { VendorResponse } from './corpus/vendor-response.js';

const source = 'https://github.com/ging/fiware-idm/issues/43';

export const responses: readonly VendorResponse[] = [
  {
    title: 'a wrong secret as an outage',
    source,
    status: 503,
    headers: { 'content-type': 'text/plain' },
    body: 'Server error: missing client `grants`',
    failure: { reason: 'unavailable' },
  },
  {
    title: 'an error under other names',
    source,
    status: 400,
    body: { statusCode: 400, status: 400, code: 400, message: 'Invalid grant', name: 'invalid_grant' },
    failure: { reason: 'client_refused' },
  },
];
