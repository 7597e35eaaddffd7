import type { VendorResponse } from './corpus/vendor-response.js';

const source = 'https://docs.fortinet.com/document/fortitoken-cloud/latest/rest-api/878669';

export const responses: readonly VendorResponse[] = [
  {
    title: 'a token with status 201 and without token_type, the same one again at its end',
    source,
    status: 201,
    body: { access_token: 'not-a-real-fortinet-token', expires_in: 2 },
    token: { lifetime: 2, scopes: '', anomalies: ['token_type_assumed'] },
  },
  {
    title: 'a wrong secret, as a text',
    source,
    status: 401,
    body: 'The client\u2019s login failed due to wrong ID or secret.',
    failure: { reason: 'client_refused' },
  },
  {
    title: 'an unknown client, as if there were no endpoint',
    source,
    status: 404,
    body: 'The client does not exist.',
    failure: { reason: 'unavailable' },
  },
];
