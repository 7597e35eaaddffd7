import type { VendorResponse } from './corpus/vendor-response.js';

const source =
  'https://docs.github.com/en/apps/oauth-apps/maintaining-oauth-apps/troubleshooting-oauth-app-access-token-request-errors';

export const responses: readonly VendorResponse[] = [
  {
    title: 'a token without expires_in',
    source: 'https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps',
    status: 200,
    body: { access_token: 'not-a-real-github-token', scope: 'repo,gist', token_type: 'bearer' },
    token: { lifetime: 'default', scopes: 'repo,gist', anomalies: ['lifetime_assumed'] },
  },
  {
    title: 'a wrong code with status 200',
    source,
    status: 200,
    body: {
      error: 'bad_verification_code',
      error_description: 'The code passed is incorrect or expired.',
      error_uri: 'https://docs.github.com/',
    },
    failure: { reason: 'request_refused', upstreamError: 'bad_verification_code' },
  },
  {
    title: 'a wrong secret with status 200',
    source,
    status: 200,
    body: {
      error: 'incorrect_client_credentials',
      error_description: 'The client_id and/or client_secret passed are incorrect.',
      error_uri: 'https://docs.github.com/',
    },
    failure: { reason: 'client_refused', upstreamError: 'incorrect_client_credentials' },
  },
  {
    title: 'a form instead of JSON',
    source: 'https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps',
    status: 200,
    headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
    body: 'access_token=not-a-real-github-token&scope=repo%2Cgist&token_type=bearer',
    token: { lifetime: 'default', scopes: 'repo,gist', anomalies: ['lifetime_assumed'] },
  },
  {
    title: 'a wrong code in a form',
    source,
    status: 200,
    headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
    body: 'error=bad_verification_code&error_description=The+code+passed+is+incorrect+or+expired.',
    failure: { reason: 'request_refused', upstreamError: 'bad_verification_code' },
  },
  {
    title: 'a secondary rate limit',
    source: 'https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api',
    status: 403,
    headers: { 'retry-after': '60' },
    body: {
      message: 'You have exceeded a secondary rate limit.',
      documentation_url: 'https://docs.github.com/',
    },
    failure: { reason: 'throttled', retryAfter: 60 },
  },
];
