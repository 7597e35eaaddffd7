import type { VendorResponse } from './corpus/vendor-response.js';

const source = 'https://docs.stripe.com/connect/oauth-reference';

export const responses: readonly VendorResponse[] = [
  {
    title: 'a token without expires_in',
    source,
    status: 200,
    body: {
      access_token: 'not-a-real-stripe-token',
      livemode: false,
      refresh_token: 'not-a-real-refresh-token',
      token_type: 'bearer',
      stripe_publishable_key: 'not-a-real-key',
      stripe_user_id: 'acct_0',
      scope: 'express',
    },
    requested: 'express',
    token: { lifetime: 'default', scopes: 'express', anomalies: ['lifetime_assumed'] },
  },
  {
    title: 'a wrong key: an object as error',
    source: 'https://docs.stripe.com/api/errors',
    status: 401,
    body: { error: { message: 'Invalid API Key provided', type: 'invalid_request_error' } },
    failure: { reason: 'client_refused' },
  },
];
