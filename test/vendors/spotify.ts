import type { VendorResponse } from './corpus/vendor-response.js';

const source = 'https://developer.spotify.com/documentation/web-api/tutorials/client-credentials-flow';

export const responses: readonly VendorResponse[] = [
  {
    title: 'a token',
    source,
    status: 200,
    body: { access_token: 'not-a-real-spotify-token', token_type: 'bearer', expires_in: 3_600 },
    token: { lifetime: 3_600, scopes: '' },
  },
  {
    title: 'a wrong secret',
    source: 'https://developer.spotify.com/documentation/web-api/concepts/api-calls',
    status: 400,
    body: { error: 'invalid_client', error_description: 'Invalid client secret' },
    failure: { reason: 'client_refused', upstreamError: 'invalid_client' },
  },
];
