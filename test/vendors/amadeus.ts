import type { VendorResponse } from './corpus/vendor-response.js';

const source =
  'https://developers.amadeus.com/self-service/apis-docs/guides/developer-guides/API-Keys/authorization/';

export const responses: readonly VendorResponse[] = [
  {
    title: 'a token with an empty scope',
    source,
    status: 200,
    body: {
      type: 'amadeusOAuth2Token',
      username: 'someone@example.com',
      application_name: 'example',
      client_id: 'not-a-real-client',
      token_type: 'Bearer',
      access_token: 'not-a-real-amadeus-token',
      expires_in: 1_799,
      state: 'approved',
      scope: '',
    },
    token: { lifetime: 1_799, scopes: '' },
  },
  {
    title: 'a wrong secret',
    source,
    status: 401,
    body: {
      error: 'invalid_client',
      error_description: 'Client credentials are invalid',
      code: 38_187,
      title: 'Invalid parameters',
    },
    failure: { reason: 'client_refused', upstreamError: 'invalid_client' },
  },
];
