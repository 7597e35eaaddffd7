import type { VendorResponse } from './corpus/vendor-response.js';

export const responses: readonly VendorResponse[] = [
  {
    title: 'a token with the instant of its issue',
    source: 'https://www.github.com/onelogin/onelogin-python-sdk/blob/master/docs/OauthToken.md',
    status: 200,
    body: {
      access_token: 'not-a-real-onelogin-token',
      created_at: '2026-01-01T00:00:00.000Z',
      expires_in: 36_000,
      refresh_token: 'not-a-real-refresh-token',
      token_type: 'bearer',
      account_id: 1_234,
    },
    token: { lifetime: 36_000, scopes: '' },
  },
  {
    title: 'a wrong secret, in a status of its own',
    source: 'https://developers.onelogin.com/api-docs/1/getting-started/authorizing-resource-api-calls',
    status: 401,
    body: { status: { error: true, code: 401, type: 'Unauthorized', message: 'Authentication Failure' } },
    failure: { reason: 'client_refused' },
  },
];
