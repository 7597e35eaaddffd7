import { UpstreamFailure } from '#tokens/model/failures.js';
import type { FailureCase } from './failure-case.js';

const second = 1_000;
const host = 'auth.rabot-charge.de';
const refusedBy = `${host} refused the token request of client rabot`;

/** Those that an authorization server is to blame for, in the words of libs/oauth. */
export const upstreamFailureCases = {
  scopeRefusedUpstream: {
    when: 'The authorization server does not grant these scopes to the client.',
    advice: 'Have them assigned to the client there. The same question has the same answer for a minute.',
    failure: new UpstreamFailure(
      'scope_refused',
      `${refusedBy} (HTTP 400, invalid_scope). Asked for: api:partner. Have these scopes assigned to the client there, or take them out of its settings.`,
      { upstreamError: 'invalid_scope', retryAfter: 60 * second },
    ),
  },
  resourceRefusedUpstream: {
    when: 'The authorization server does not grant this resource to the client.',
    advice: 'Have it allowed for the client there. The same question has the same answer for a minute.',
    failure: new UpstreamFailure(
      'scope_refused',
      `${refusedBy} (HTTP 400, invalid_target). Asked for: https://api.example. Have these resources allowed for the client there, or take them out of its settings.`,
      { upstreamError: 'invalid_target', retryAfter: 60 * second },
    ),
  },
  refusedUpstream: {
    when: 'The authorization server refuses the client, its credential or the request. The own credential of the consumer is fine.',
    advice:
      'Tell who runs the broker: `upstream_error` and the description say which setting to correct. Nothing is sent meanwhile.',
    failure: new UpstreamFailure(
      'client_refused',
      `${refusedBy} (HTTP 401, invalid_client). Check clientId and clientSecret, white space at their ends, and that they belong to this environment (staging against production) of the authorization server at ${host}.`,
      { upstreamError: 'invalid_client', retryAfter: 30 * second },
    ),
  },
  malformedUpstream: {
    when: 'The answer of the authorization server is no token response.',
    advice:
      'Tell who runs the broker: the settings name another address than the token endpoint, or something stands in front of it.',
    failure: new UpstreamFailure(
      'malformed',
      `${host} gave client rabot no token response: not JSON (5120 bytes of text/html). Check that the settings name its token endpoint, and what stands in front of it.`,
      { retryAfter: 2 * second },
    ),
  },
  unavailableUpstream: {
    when: 'The authorization server is down, slow, throttling or cooling down, or the issuer of a workload JWT gives no keys.',
    advice: 'Ask again after `Retry-After`. Tokens that still live are served meanwhile.',
    failure: new UpstreamFailure(
      'unavailable',
      `${host} cannot be reached for client rabot (ECONNREFUSED). Check the network between the broker and it, and that it is up.`,
      { retryAfter: 4 * second },
    ),
  },
  budgetUsedUp: {
    when: 'The client has used up its `maxTokenRequestsPerMinute`, or the consumer its half of it.',
    advice: 'Ask for fewer distinct scope sets, or have the budget raised.',
    failure: new UpstreamFailure(
      'budget_used_up',
      'client rabot has used up its budget of 60 token requests per minute, or this consumer its half of it; ask again later with the same scopes, or raise maxTokenRequestsPerMinute',
      { retryAfter: 20 * second },
    ),
  },
} as const satisfies Record<string, FailureCase>;
