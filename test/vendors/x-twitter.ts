import type { VendorResponse } from './corpus/vendor-response.js';

const source = 'https://docs.x.com/resources/fundamentals/authentication/oauth-2-0/application-only';

export const responses: readonly VendorResponse[] = [
  {
    title: 'a token without expires_in',
    source,
    status: 200,
    body: { token_type: 'bearer', access_token: 'not-a-real%2Fx%3Dtoken' },
    token: { lifetime: 'default', scopes: '', anomalies: ['lifetime_assumed'] },
  },
  {
    title: 'a wrong secret, in a list of errors',
    source,
    status: 403,
    body: {
      errors: [{ code: 99, label: 'authenticity_token_error', message: 'Unable to verify your credentials' }],
    },
    failure: { reason: 'client_refused' },
  },
];
