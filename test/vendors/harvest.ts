import type { VendorResponse } from './corpus/vendor-response.js';

export const responses: readonly VendorResponse[] = [
  {
    title: 'a token with status 201 that lives for two weeks',
    source: 'https://github.com/pow-auth/assent/pull/112',
    status: 201,
    body: {
      access_token: 'not-a-real-harvest-token',
      refresh_token: 'not-a-real-refresh-token',
      token_type: 'bearer',
      expires_in: 1_209_599,
    },
    token: { lifetime: 86_400, scopes: '', anomalies: ['lifetime_capped'] },
  },
];
