import type { VendorResponse } from './corpus/vendor-response.js';

const source = 'https://developers.zoom.us/docs/internal-apps/s2s-oauth/';

export const responses: readonly VendorResponse[] = [
  {
    title: 'a token',
    source,
    status: 200,
    body: {
      access_token: 'not-a-real-zoom-token',
      token_type: 'bearer',
      expires_in: 3_600,
      scope: 'user:read:user:admin',
      api_url: 'https://api.zoom.us',
    },
    requested: 'user:read:user:admin',
    token: { lifetime: 3_600, scopes: 'user:read:user:admin' },
  },
  {
    title: 'a wrong secret',
    source,
    status: 400,
    body: { reason: 'Invalid client_id or client_secret', error: 'invalid_client' },
    failure: { reason: 'client_refused', upstreamError: 'invalid_client' },
  },
];
