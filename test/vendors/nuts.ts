import { someJwt, type VendorResponse } from './corpus/vendor-response.js';

export const responses: readonly VendorResponse[] = [
  {
    title: 'a JWT of 20 seconds, its expires_in in milliseconds',
    source: 'https://github.com/nuts-foundation/nuts-node/issues/3688',
    status: 200,
    body: { access_token: someJwt({ iat: 1_000, exp: 1_020 }), token_type: 'bearer', expires_in: 20_000 },
    token: { lifetime: 20, scopes: '', anomalies: ['lifetime_shortened'] },
  },
];
