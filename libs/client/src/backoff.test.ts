import { describe, expect, it } from 'vitest';
import { backoff } from './backoff.js';
import { TokenBrokerError } from './token-broker-error.js';

const failure = new TokenBrokerError('unreachable', 'away');
const throttled = (retryAfter: number) =>
  new TokenBrokerError('slow_down', 'slower', { status: 429, retryAfter });

describe('the back-off', () => {
  it('doubles from 0.2 s to 10 s', () => {
    const pauses = [1, 2, 3, 6, 7, 2_000].map((failures) => backoff(failure, failures, () => 0));
    expect(pauses).toEqual([200, 400, 800, 6_400, 10_000, 10_000]);
  });

  it('leaves off up to a half by chance, so that replicas do not come together', () => {
    expect(backoff(failure, 1, () => 0.5)).toBe(150);
    expect(backoff(failure, 9, () => 0.999_999)).toBeCloseTo(5_000, 1);
  });

  it('is what Retry-After says, up to a tenth later, and 1 min at most', () => {
    expect(backoff(throttled(30), 1, () => 0)).toBe(30_000);
    expect(backoff(throttled(30), 5, () => 0.5)).toBe(31_500);
    expect(backoff(throttled(86_400), 1, () => 0)).toBe(60_000);
  });
});
