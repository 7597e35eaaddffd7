import type { VendorResponse } from './corpus/vendor-response.js';

export const responses: readonly VendorResponse[] = [
  {
    title: 'a token with status 201',
    source: 'https://supabase.com/docs/guides/integrations/build-a-supabase-oauth-integration',
    status: 201,
    body: {
      access_token: 'not-a-real-supabase-token',
      refresh_token: 'not-a-real-refresh-token',
      expires_in: 86_400,
      token_type: 'Bearer',
    },
    token: { lifetime: 86_400, scopes: '' },
  },
];
