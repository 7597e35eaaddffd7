import { someJwt, type VendorResponse } from './corpus/vendor-response.js';

const source =
  'https://learn.microsoft.com/en-us/windows-server/identity/ad-fs/overview/ad-fs-openid-connect-oauth-flows-scenarios';

export const responses: readonly VendorResponse[] = [
  {
    title: 'a token',
    source,
    status: 200,
    headers: { 'content-type': 'application/json;charset=UTF-8' },
    body: { access_token: someJwt({ iat: 1_000, exp: 4_600 }), token_type: 'bearer', expires_in: 3_600 },
    token: { lifetime: 3_600, scopes: '' },
  },
  {
    title: 'an unknown client',
    source,
    status: 400,
    body: {
      error: 'invalid_client',
      error_description:
        'MSIS9607: The client_id parameter in the request is invalid. No registered client is found with this identifier.',
    },
    failure: { reason: 'client_refused', upstreamError: 'invalid_client' },
  },
];
