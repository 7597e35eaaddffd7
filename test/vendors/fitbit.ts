import type { VendorResponse } from './corpus/vendor-response.js';

const source = 'https://dev.fitbit.com/build/reference/web-api/authorization/client-credentials/';

export const responses: readonly VendorResponse[] = [
  {
    title: 'a token',
    source,
    status: 200,
    body: { access_token: 'not-a-real-fitbit-token', expires_in: 28_800, token_type: 'Bearer' },
    token: { lifetime: 28_800, scopes: '' },
  },
  {
    title: 'a token of a year',
    source,
    status: 200,
    body: { access_token: 'not-a-real-fitbit-token', expires_in: 31_536_000, token_type: 'Bearer' },
    token: { lifetime: 86_400, scopes: '', anomalies: ['lifetime_capped'] },
  },
  {
    title: 'a wrong secret, in a list of errors',
    source: 'https://dev.fitbit.com/build/reference/web-api/troubleshooting-guide/error-messages/',
    status: 401,
    body: {
      errors: [{ errorType: 'invalid_client', message: 'Invalid authorization header.' }],
      success: false,
    },
    failure: { reason: 'client_refused' },
  },
];
