import type { VendorResponse } from './corpus/vendor-response.js';

const source = 'https://developer.ebay.com/api-docs/static/oauth-client-credentials-grant.html';
const body = {
  access_token: 'v^1.1#i^1#not-a-real-ebay-token',
  expires_in: 7_200,
  token_type: 'Application Access Token',
};

export const responses: readonly VendorResponse[] = [
  {
    title: 'an Application Access Token where the settings accept it',
    source,
    status: 200,
    body,
    acceptTokenTypes: ['Application Access Token'],
    token: { lifetime: 7_200, scopes: '' },
  },
  {
    title: 'an Application Access Token where they do not',
    source,
    status: 200,
    body,
    failure: { reason: 'malformed' },
  },
  {
    title: 'a wrong secret',
    source,
    status: 401,
    body: { error: 'invalid_client', error_description: 'client authentication failed' },
    failure: { reason: 'client_refused', upstreamError: 'invalid_client' },
  },
];
