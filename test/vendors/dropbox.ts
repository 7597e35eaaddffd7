import type { VendorResponse } from './corpus/vendor-response.js';

export const responses: readonly VendorResponse[] = [
  {
    title: 'a token with the account beside it',
    source: 'https://www.dropbox.com/developers/documentation/http/documentation#oauth2-token',
    status: 200,
    body: {
      access_token: 'not-a-real-dropbox-token',
      expires_in: 14_400,
      token_type: 'bearer',
      scope: 'account_info.read files.content.read',
      account_id: 'dbid:0',
      uid: '0',
    },
    requested: 'account_info.read files.content.read',
    token: { lifetime: 14_400, scopes: 'account_info.read files.content.read' },
  },
];
