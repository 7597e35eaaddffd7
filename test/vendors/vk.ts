import type { VendorResponse } from './corpus/vendor-response.js';

export const responses: readonly VendorResponse[] = [
  {
    title: 'a token without token_type',
    source: 'https://github.com/crystal-lang/crystal/issues/4503',
    status: 200,
    body: {
      access_token: 'not-a-real-vk-token',
      expires_in: 86_400,
      user_id: 0,
      email: 'someone@example.com',
    },
    token: { lifetime: 86_400, scopes: '', anomalies: ['token_type_assumed'] },
  },
];
