import type { VendorResponse } from './corpus/vendor-response.js';

const source =
  'https://docs.pingidentity.com/pingfederate/latest/developers_reference_guide/pf_token_endpoint.html';

export const responses: readonly VendorResponse[] = [
  {
    title: 'a token',
    source,
    status: 200,
    body: { access_token: 'not-a-real-ping-token', token_type: 'Bearer', expires_in: 7_199 },
    token: { lifetime: 7_199, scopes: '' },
  },
  {
    title: 'a wrong secret',
    source,
    status: 401,
    headers: { 'www-authenticate': 'Basic realm="PingFederate"' },
    body: { error_description: 'Invalid client or client credentials.', error: 'invalid_client' },
    failure: { reason: 'client_refused', upstreamError: 'invalid_client' },
  },
];
