import type { VendorResponse } from './corpus/vendor-response.js';

const source = 'https://developer.ups.com/api/reference?loc=en_US#tag/OAuth-Client-Credentials';

export const responses: readonly VendorResponse[] = [
  {
    title: 'a token, its numbers as strings',
    source,
    status: 200,
    body: {
      token_type: 'Bearer',
      issued_at: '1679433361239',
      client_id: 'not-a-real-client',
      access_token: 'not-a-real-ups-token',
      expires_in: '14399',
      status: 'approved',
    },
    token: { lifetime: 14_399, scopes: '' },
  },
  {
    title: 'an unknown client, in a list of errors',
    source,
    status: 401,
    body: { response: { errors: [{ code: '10401', message: 'ClientId is Invalid' }] } },
    failure: { reason: 'client_refused' },
  },
];
