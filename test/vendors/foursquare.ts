import type { VendorResponse } from './corpus/vendor-response.js';

export const responses: readonly VendorResponse[] = [
  {
    title: 'a token and nothing else',
    source: 'https://github.com/spring-projects/spring-security/issues/5118',
    status: 200,
    body: { access_token: 'not-a-real-foursquare-token' },
    token: { lifetime: 'default', scopes: '', anomalies: ['token_type_assumed', 'lifetime_assumed'] },
  },
];
