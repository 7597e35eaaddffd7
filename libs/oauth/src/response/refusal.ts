import { UpstreamFailure, type UpstreamFailureReason } from '#tokens/model/failures.js';
import type { Answer } from '../answer.js';
import type { Exchange } from '../request/exchange.js';
import { readOAuthError } from './oauth-error.js';
import { describeRefusal } from './refusal-message.js';
import { retryAfter } from './retry-after.js';

/** RFC 6749 §5.2 and RFC 8707 §2. Any other code is about this one request. */
const reasons: ReadonlyMap<string, UpstreamFailureReason> = new Map([
  ['invalid_client', 'client_refused'],
  ['unauthorized_client', 'client_refused'],
  ['unsupported_grant_type', 'client_refused'],
  ['invalid_scope', 'scope_refused'],
  ['invalid_target', 'scope_refused'],
  ['temporarily_unavailable', 'unavailable'],
  ['server_error', 'unavailable'],
]);

/** What an answer of status 300 to 599 means. It is made, not thrown. */
export function refusal(answer: Answer, exchange: Exchange): UpstreamFailure {
  const { status, headers } = answer;
  const error = status < 400 ? undefined : readOAuthError(answer);
  const reason = reasonOf(status, error?.code);
  return new UpstreamFailure(reason, describeRefusal(answer, error, exchange), {
    upstreamError: error && exchange.redaction.clean(error.code),
    retryAfter: status === 429 || status === 503 ? retryAfter(headers) : undefined,
  });
}

function reasonOf(status: number, code: string | undefined): UpstreamFailureReason {
  if (status === 429) return 'throttled';
  if (status === 408 || status >= 500) return 'unavailable';
  if (code === undefined) return 'client_refused';
  return reasons.get(code) ?? 'request_refused';
}
