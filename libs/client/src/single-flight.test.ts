import { describe, expect, it } from 'vitest';
import { backoffDelay } from './single-flight.js';
import { TokenBrokerError } from './token-broker-error.js';

const failure = new TokenBrokerError('unreachable', 'away');
const throttled = (retryAfter: number) =>
  new TokenBrokerError('slow_down', 'slower', { status: 429, retryAfter });

describe('the backoff', () => {
  it('doubles from 0.2 s to 10 s', () => {
    const delays = [1, 2, 3, 6, 7, 2_000].map((failures) => backoffDelay(failure, failures, () => 0));
    expect(delays).toEqual([200, 400, 800, 6_400, 10_000, 10_000]);
  });

  it('subtracts a random part of up to a half, so that replicas do not retry together', () => {
    expect(backoffDelay(failure, 1, () => 0.5)).toBe(150);
    expect(backoffDelay(failure, 9, () => 0.999_999)).toBeCloseTo(5_000, 1);
  });

  it('is what Retry-After says, up to a tenth later, and 1 min at most', () => {
    expect(backoffDelay(throttled(30), 1, () => 0)).toBe(30_000);
    expect(backoffDelay(throttled(30), 5, () => 0.5)).toBe(31_500);
    expect(backoffDelay(throttled(86_400), 1, () => 0)).toBe(60_000);
  });
});
