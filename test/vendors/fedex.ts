import type { VendorResponse } from './corpus/vendor-response.js';

const source = 'https://developer.fedex.com/api/en-us/catalog/authorization/v1/docs.html';

export const responses: readonly VendorResponse[] = [
  {
    title: 'a token',
    source,
    status: 200,
    body: { access_token: 'not-a-real-fedex-token', token_type: 'bearer', expires_in: 3_599, scope: 'CXS' },
    requested: 'CXS',
    token: { lifetime: 3_599, scopes: 'CXS' },
  },
  {
    title: 'a wrong secret, in a list of errors',
    source,
    status: 401,
    body: {
      transactionId: '0',
      errors: [{ code: 'NOT.AUTHORIZED.ERROR', message: 'The given client credentials were not valid.' }],
    },
    failure: { reason: 'client_refused' },
  },
  {
    title: 'an outage, in a list of errors',
    source,
    status: 503,
    body: {
      transactionId: '0',
      errors: [{ code: 'SERVICE.UNAVAILABLE.ERROR', message: 'The service is currently unavailable.' }],
    },
    failure: { reason: 'unavailable' },
  },
];
