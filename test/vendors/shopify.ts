import type { VendorResponse } from './corpus/vendor-response.js';

export const responses: readonly VendorResponse[] = [
  {
    title: 'a token without token_type, its scopes separated by commas',
    source:
      'https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/client-credentials-grant',
    status: 200,
    body: {
      access_token: 'not-a-real-shopify-token',
      scope: 'write_products,read_customers',
      expires_in: 86_399,
    },
    token: { lifetime: 86_399, scopes: 'write_products,read_customers', anomalies: ['token_type_assumed'] },
  },
];
