import type { TokenBrokerError } from './token-broker-error.js';

const first = 200;
const longest = 10_000;
/** The broker shields the authorization server: a consumer that asks it each minute does no harm, and soon sees a repair. */
const longestRetryAfter = 60_000;

/**
 * Milliseconds to wait after this many failures in a row (1 or more): what `Retry-After` says, 1 min at most and up to a
 * tenth later; without it doubling from 0.2 s to 10 s, of which up to a half is left off by chance.
 */
export function backoff(failure: TokenBrokerError, failures: number, random: () => number): number {
  if (failure.retryAfter !== undefined) {
    return Math.min(failure.retryAfter * 1000, longestRetryAfter) * (1 + random() / 10);
  }
  return Math.min(first * 2 ** (failures - 1), longest) * (1 - random() / 2);
}
