import type { VendorResponse } from './corpus/vendor-response.js';

const source = 'https://developers.docusign.com/platform/auth/jwt/jwt-get-token/';

export const responses: readonly VendorResponse[] = [
  {
    title: 'a token',
    source,
    status: 200,
    body: {
      access_token: 'not-a-real-docusign-token',
      token_type: 'Bearer',
      expires_in: 3_600,
      scope: 'signature',
    },
    requested: 'signature',
    token: { lifetime: 3_600, scopes: 'signature' },
  },
  {
    title: 'a consent that is missing',
    source,
    status: 400,
    body: { error: 'consent_required' },
    failure: { reason: 'request_refused', upstreamError: 'consent_required' },
  },
];
