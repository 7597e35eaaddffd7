import type { VendorResponse } from './corpus/vendor-response.js';

const source = 'https://developers.facebook.com/docs/facebook-login/guides/access-tokens/';

export const responses: readonly VendorResponse[] = [
  {
    title: 'a token without an end',
    source,
    status: 200,
    body: { access_token: '0|not-a-real-facebook-token', token_type: 'bearer' },
    token: { lifetime: 'default', scopes: '', anomalies: ['lifetime_assumed'] },
  },
  {
    title: 'a wrong secret: an object as error',
    source: 'https://developers.facebook.com/docs/graph-api/guides/error-handling/',
    status: 400,
    body: {
      error: { message: 'Error validating client secret.', type: 'OAuthException', code: 1, fbtrace_id: '0' },
    },
    failure: { reason: 'client_refused' },
  },
];
