import type { Logger } from 'pino';
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

/** What HTTP itself has a status for. */
const httpReasons = {
  400: 'the request is malformed',
  404: "there is nothing at this path; GET /token is on the consumers' port, /readyz and /metrics are on the management port",
  413: 'the body is too large',
} as const;

export interface ErrorResponse {
  status: number;
  headers: Readonly<Record<string, string>>;
  body: { error: string; error_description: string; upstream_error?: string };
}

/** A refusal whose status is that of HTTP itself: no such path, another method, a body too large. */
export class HttpFailure extends Failure {
  constructor(
    readonly status: number,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super('invalid_request', message);
  }

  static of(
    status: keyof typeof httpReasons,
    message: string = httpReasons[status],
    headers?: Readonly<Record<string, string>>,
  ): HttpFailure {
    return new HttpFailure(status, message, headers);
  }

  /** @param allowed in the order of the header `Allow` */
  static methodNotAllowed(method: string, allowed: readonly string[]): HttpFailure {
    const allow = allowed.join(', ');
    return new HttpFailure(405, `${method} is not allowed for this path; use ${allow}`, { allow });
  }
}

/**
 * The response to any error, in the form of the contract. An unexpected one is logged, and the response only names the
 * request in the log.
 */
export function errorResponse(error: unknown, requestId: string, log: Logger): ErrorResponse {
  if (error instanceof Failure) return failureResponse(error);
  const status = clientErrorStatus(error);
  if (status !== undefined) {
    return failureResponse(HttpFailure.of(status === 404 || status === 413 ? status : 400));
  }
  log.error({ err: error, requestId }, 'request failed unexpectedly');
  return failureResponse(
    new Failure(
      'temporarily_unavailable',
      `the broker failed unexpectedly; its log has the cause under request ${requestId}`,
      { retryAfter: 1_000 },
    ),
  );
}

export function failureResponse(failure: Failure): ErrorResponse {
  const isHttp = failure instanceof HttpFailure;
  const headers: Record<string, string> = { ...(isHttp && failure.headers) };
  if (failure.code === 'invalid_client') headers['www-authenticate'] = 'Bearer realm="token-broker"';
  if (failure.retryAfter !== undefined) headers['retry-after'] = seconds(failure.retryAfter);
  const body: ErrorResponse['body'] = { error: failure.code, error_description: failure.message };
  if (failure instanceof UpstreamFailure && failure.upstreamError !== undefined) {
    body.upstream_error = failure.upstreamError;
  }
  return { status: isHttp ? failure.status : statuses[failure.code], headers, body };
}

/** `Retry-After` counts whole seconds (RFC 9110 §10.2.3): rounded up, so that no client comes too early. */
function seconds(milliseconds: number): string {
  return String(Math.max(1, Math.ceil(milliseconds / 1000)));
}

/** Fastify's errors carry an HTTP status as `statusCode`, Nest's exceptions as `status`. */
function clientErrorStatus(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  const { statusCode, status = statusCode } = error as { statusCode?: unknown; status?: unknown };
  return typeof status === 'number' && status < 500 ? status : undefined;
}
