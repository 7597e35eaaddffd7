import type { VendorResponse } from './corpus/vendor-response.js';

const scopes = 'https://uri.paypal.com/services/invoicing https://api.paypal.com/v1/payments/.* openid';
const source = 'https://developer.paypal.com/api/rest/authentication/';

export const responses: readonly VendorResponse[] = [
  {
    title: 'a token with scopes that were not requested',
    source,
    status: 200,
    body: {
      scope: scopes,
      access_token: 'not-a-real-paypal-token',
      token_type: 'Bearer',
      app_id: 'APP-0',
      expires_in: 32_400,
      nonce: '2026-06-18T16:42:00Znot-a-real-nonce',
    },
    token: { lifetime: 32_400, scopes },
  },
  {
    title: 'a wrong secret',
    source,
    status: 401,
    body: { error: 'invalid_client', error_description: 'Client Authentication failed' },
    failure: { reason: 'client_refused', upstreamError: 'invalid_client' },
  },
  {
    title: 'too many requests',
    source: 'https://developer.paypal.com/api/rest/reference/rate-limiting/',
    status: 429,
    body: { name: 'RATE_LIMIT_REACHED', message: 'Too many requests. Blocked due to rate limiting.' },
    failure: { reason: 'throttled' },
  },
];
