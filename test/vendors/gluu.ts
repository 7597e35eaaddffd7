import type { VendorResponse } from './corpus/vendor-response.js';

const source = 'https://docs.jans.io/head/janssen-server/auth-server/endpoints/token/';

export const responses: readonly VendorResponse[] = [
  {
    title: 'a token',
    source,
    status: 200,
    body: { access_token: 'not-a-real-gluu-token', scope: 'openid', token_type: 'Bearer', expires_in: 299 },
    requested: 'openid',
    token: { lifetime: 299, scopes: 'openid' },
  },
  {
    title: 'scopes as a list',
    source: 'https://github.com/GluuFederation/oxd/issues/231',
    status: 200,
    body: {
      access_token: 'not-a-real-gluu-token',
      scope: ['openid', 'oxd'],
      expires_in: 299,
      refresh_token: null,
    },
    requested: 'openid oxd',
    token: { lifetime: 299, scopes: 'openid oxd', anomalies: ['token_type_assumed'] },
  },
];
