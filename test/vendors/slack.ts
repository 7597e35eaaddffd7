import type { VendorResponse } from './corpus/vendor-response.js';

const source = 'https://docs.slack.dev/reference/methods/oauth.v2.access';
const bot = {
  ok: true,
  access_token: 'not-a-real-slack-token',
  token_type: 'bot',
  scope: 'commands,incoming-webhook',
  expires_in: 43_200,
  bot_user_id: 'U0',
  app_id: 'A0',
};

export const responses: readonly VendorResponse[] = [
  {
    title: 'a bot token where the settings accept it',
    source,
    status: 200,
    body: bot,
    acceptTokenTypes: ['bot'],
    token: { lifetime: 43_200, scopes: 'commands,incoming-webhook' },
  },
  {
    title: 'a bot token where they do not',
    source,
    status: 200,
    body: bot,
    failure: { reason: 'malformed' },
  },
  {
    title: 'an unknown client with status 200',
    source,
    status: 200,
    body: { ok: false, error: 'invalid_client_id' },
    failure: { reason: 'client_refused', upstreamError: 'invalid_client_id' },
  },
  {
    title: 'a wrong secret with status 200',
    source,
    status: 200,
    body: { ok: false, error: 'bad_client_secret' },
    failure: { reason: 'client_refused', upstreamError: 'bad_client_secret' },
  },
  {
    title: 'too many requests',
    source: 'https://docs.slack.dev/apis/web-api/rate-limits',
    status: 429,
    headers: { 'retry-after': '30' },
    body: { ok: false, error: 'ratelimited' },
    failure: { reason: 'throttled', upstreamError: 'ratelimited', retryAfter: 30 },
  },
];
