import type { Random } from './clock.js';

/** The `error` codes of the contract. Only `core/failure-response.ts` knows which status each has. */
export type FailureCode =
  | 'invalid_request'
  | 'invalid_scope'
  | 'invalid_client'
  | 'access_denied'
  | 'slow_down'
  | 'upstream_rejected'
  | 'upstream_malformed'
  | 'temporarily_unavailable';

export interface FailureOptions extends ErrorOptions {
  /** Milliseconds after which asking again makes sense. */
  retryAfter?: number | undefined;
}

/** A failure of the contract. The message reaches the consumer: it says what to do next and holds no secret. */
export class Failure extends Error {
  readonly retryAfter: number | undefined;

  constructor(
    readonly code: FailureCode,
    message: string,
    options: FailureOptions = {},
  ) {
    super(message, options);
    this.name = new.target.name;
    this.retryAfter = options.retryAfter;
  }
}

/** Whose further token requests a failure stops for a while: all of the client, of one credential, or of one key. */
export type CooldownScope = 'client' | 'credential' | 'request';

/** Each way in which no token came from the authorization server: what consumers see, and what cools down. */
const upstreamFailures = {
  /** The credential was not accepted, or the client may not use it. */
  client_refused: { code: 'upstream_rejected', cools: 'credential' },
  /** No credential was evaluated: the address in the settings is not a token endpoint for this client. */
  wrong_endpoint: { code: 'upstream_rejected', cools: 'client' },
  /** `invalid_scope` or `invalid_target` (RFC 6749 §5.2, RFC 8707 §2). */
  scope_refused: { code: 'invalid_scope', cools: 'request' },
  /** Any other OAuth error about this one request. */
  request_refused: { code: 'upstream_rejected', cools: 'request' },
  /** Passing: 5xx, 408, network, deadline. */
  unavailable: { code: 'temporarily_unavailable', cools: 'client' },
  /** 429. */
  throttled: { code: 'temporarily_unavailable', cools: 'client' },
  /** The answer was not a token response. */
  malformed: { code: 'upstream_malformed', cools: 'request' },
  /** It returned the very token that was to be replaced. */
  unchanged: { code: 'temporarily_unavailable', cools: 'request' },
  /** Not asked at all: this replica cannot read its credential now. Others may, so nothing cools down. */
  credential_unavailable: { code: 'temporarily_unavailable', cools: undefined },
  /** Not asked at all: the client's `maxTokenRequestsPerMinute` is used up. */
  budget_used_up: { code: 'temporarily_unavailable', cools: undefined },
} as const satisfies Record<string, { code: FailureCode; cools: CooldownScope | undefined }>;

export type UpstreamFailureReason = keyof typeof upstreamFailures;

export interface UpstreamFailureOptions extends FailureOptions {
  /** The authorization server's own `error` code, stripped of control characters and cut to 200 characters. */
  upstreamError?: string | undefined;
  /** Repeated during the cool-down: no attempt was made. */
  fromCooldown?: boolean;
}

/** No token came from the authorization server. `reason` is stable and few-valued: metrics use it as a label. */
export class UpstreamFailure extends Failure {
  readonly upstreamError: string | undefined;
  readonly fromCooldown: boolean;

  constructor(
    readonly reason: UpstreamFailureReason,
    message: string,
    options: UpstreamFailureOptions = {},
  ) {
    super(upstreamFailures[reason].code, message, options);
    this.upstreamError = options.upstreamError;
    this.fromCooldown = options.fromCooldown ?? false;
  }

  get cooldownScope(): CooldownScope | undefined {
    return upstreamFailures[this.reason].cools;
  }

  /** The same failure, now that it is known when to try again. */
  withRetryAfter(retryAfter: number, repeated = false): UpstreamFailure {
    const { upstreamError, cause } = this;
    return new UpstreamFailure(this.reason, this.message, {
      cause,
      upstreamError,
      retryAfter,
      fromCooldown: repeated,
    });
  }
}

const second = 1_000;
const minute = 60 * second;

/** Milliseconds: the longest that a `Retry-After` is obeyed. */
export const longestRetryAfter = 60 * minute;

/**
 * Milliseconds to wait after this many failures in a row (1 or more).
 *
 * - a refused client or credential, or a wrong endpoint: 30 s, doubling to 5 min. Tight loops lock accounts; a fixed 5 min is
 *   too long.
 * - a refused request: 60 s.
 * - throttled: what `Retry-After` says, up to a tenth later; without it, as for passing failures.
 * - passing failures and malformed answers: exponential with full jitter, 1 s to 60 s.
 */
export function backoff(failure: UpstreamFailure, failures: number, chance: Random): number {
  const doublings = Math.min(failures - 1, 10);
  switch (failure.reason) {
    case 'client_refused':
    case 'wrong_endpoint':
      return Math.min(30 * second * 2 ** doublings, 5 * minute);
    case 'scope_refused':
    case 'request_refused':
      return minute;
    default:
      return failure.retryAfter === undefined
        ? second + chance() * (Math.min(2 * second * 2 ** doublings, minute) - second)
        : Math.min(failure.retryAfter, longestRetryAfter) * (1 + chance() / 10);
  }
}
