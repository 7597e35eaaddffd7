import type { Random } from './clock.js';
import type { UpstreamFailure } from './failures.js';

const second = 1_000;
const minute = 60 * second;

/** The longest that a `Retry-After` is obeyed. */
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
