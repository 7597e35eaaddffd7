import { Failure, type FailureCode, UpstreamFailure } from '#tokens/model/failures.js';

/** The one table from failure to status. */
const statuses: Readonly<Record<FailureCode, number>> = {
  invalid_request: 400,
  invalid_scope: 400,
  invalid_client: 401,
  access_denied: 403,
  slow_down: 429,
  upstream_rejected: 502,
  upstream_malformed: 502,
  temporarily_unavailable: 503,
};

export interface FailureAnswer {
  status: number;
  headers: Readonly<Record<string, string>>;
  body: { error: string; error_description: string; upstream_error?: string };
}

export function failureAnswer(failure: Failure, status = statuses[failure.code]): FailureAnswer {
  const headers: Record<string, string> = {};
  if (failure.code === 'invalid_client') headers['www-authenticate'] = 'Bearer realm="token-broker"';
  if (failure.retryAfter !== undefined) headers['retry-after'] = seconds(failure.retryAfter);
  const body: FailureAnswer['body'] = { error: failure.code, error_description: failure.message };
  if (failure instanceof UpstreamFailure && failure.upstreamError !== undefined) {
    body.upstream_error = failure.upstreamError;
  }
  return { status, headers, body };
}

/** `Retry-After` counts whole seconds (RFC 9110 §10.2.3): rounded up, so that nobody comes too early. */
function seconds(milliseconds: number): string {
  return String(Math.max(1, Math.ceil(milliseconds / 1000)));
}
