import type { VendorResponse } from './corpus/vendor-response.js';

export const responses: readonly VendorResponse[] = [
  {
    title: 'a token',
    source:
      'https://developer.adobe.com/developer-console/docs/guides/authentication/ServerToServerAuthentication/ims',
    status: 200,
    body: { access_token: 'not-a-real-adobe-token', token_type: 'bearer', expires_in: 86_399 },
    requested: 'AdobeID openid',
    token: { lifetime: 86_399, scopes: 'AdobeID openid' },
  },
];
