import type { VendorResponse } from './corpus/vendor-response.js';

const source = 'https://dev.twitch.tv/docs/authentication/getting-tokens-oauth/';

export const responses: readonly VendorResponse[] = [
  {
    title: 'a token of two months',
    source,
    status: 200,
    body: { access_token: 'not-a-real-twitch-token', expires_in: 5_011_271, token_type: 'bearer' },
    token: { lifetime: 86_400, scopes: '', anomalies: ['lifetime_capped'] },
  },
  {
    title: 'scopes as a list',
    source,
    status: 200,
    body: {
      access_token: 'not-a-real-twitch-token',
      expires_in: 14_124,
      refresh_token: 'not-a-real-refresh-token',
      scope: ['channel:moderate', 'chat:edit'],
      token_type: 'bearer',
    },
    requested: 'channel:moderate chat:edit',
    token: { lifetime: 14_124, scopes: 'channel:moderate chat:edit' },
  },
  {
    title: 'a wrong secret, without an OAuth error',
    source,
    status: 403,
    body: { status: 403, message: 'invalid client secret' },
    failure: { reason: 'client_refused' },
  },
  {
    title: 'an unknown client, without an OAuth error',
    source,
    status: 400,
    body: { status: 400, message: 'invalid client' },
    failure: { reason: 'client_refused' },
  },
];
