import { AccessDenied } from '#consumers/access-denied.js';
import { UpstreamFailure } from '#tokens/model/failures.js';
import type { FailureAnswer } from './failure-answer.js';
import { UnsupportedGrantType } from './unsupported-grant-type.js';

/** RFC 6749 §5.2 and RFC 8707 §2 have their own words for what a consumer may not have. */
const denied = { client: 'unauthorized_client', scope: 'invalid_scope', resource: 'invalid_target' } as const;

/**
 * A failure as RFC 6749 §5.2 tells it to an OAuth client. What the authorization server is to blame for keeps its
 * status of 502 or 503: the standard has no words for it.
 */
export function oauthRefusal(failure: unknown, answer: FailureAnswer): FailureAnswer {
  const { status, headers } = answer;
  const body = { ...answer.body, error_description: plain(answer.body.error_description) };
  if (body.error === 'invalid_client') {
    const challenge = { 'www-authenticate': 'Basic realm="token-broker", charset="UTF-8"' };
    return { status, headers: { ...headers, ...challenge }, body };
  }
  const error = errorOf(failure);
  return error === undefined
    ? { status, headers, body }
    : { headers, status: status === 403 ? 400 : status, body: { ...body, error } };
}

/** ASCII without quotes and backslashes, as §5.2 wants it. What an authorization server says may hold other things. */
function plain(description: string): string {
  return description.replaceAll('"', "'").replaceAll(/[^\x20-\x5b\x5d-\x7e]/gu, '?');
}

function errorOf(failure: unknown): string | undefined {
  if (failure instanceof AccessDenied) return denied[failure.part];
  if (failure instanceof UnsupportedGrantType) return 'unsupported_grant_type';
  const isTarget = failure instanceof UpstreamFailure && failure.upstreamError === 'invalid_target';
  return isTarget && failure.reason === 'scope_refused' ? 'invalid_target' : undefined;
}
