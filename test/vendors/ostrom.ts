import type { VendorResponse } from './corpus/vendor-response.js';

export const responses: readonly VendorResponse[] = [
  {
    title: 'a token with status 201',
    source: 'https://docs.ostrom-api.io/',
    status: 201,
    body: { token_type: 'Bearer', access_token: 'not-a-real-ostrom-token', expires_in: 3_600 },
    token: { lifetime: 3_600, scopes: '' },
  },
];
