import type { VendorResponse } from './corpus/vendor-response.js';

export const responses: readonly VendorResponse[] = [
  {
    title: 'a wrong secret with status 200, in fields of its own',
    source: 'https://github.com/casdoor/casdoor/issues/2964',
    status: 200,
    body: { status: 'error', msg: 'The client_secret is wrong' },
    failure: { reason: 'malformed' },
  },
];
