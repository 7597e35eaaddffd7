import type { VendorResponse } from './corpus/vendor-response.js';

export const responses: readonly VendorResponse[] = [
  {
    title: 'scopes as a list, no token_type',
    source: 'https://github.com/manfredsteyer/angular-oauth2-oidc/issues/687',
    status: 200,
    body: {
      scope: ['read_station'],
      access_token: 'not-a-real-netatmo-token',
      refresh_token: 'not-a-real-refresh-token',
      expires_in: 10_800,
      expire_in: 10_800,
    },
    requested: 'read_station',
    token: { lifetime: 10_800, scopes: 'read_station', anomalies: ['token_type_assumed'] },
  },
];
