import { describe, expect, it } from 'vitest';
import { RateLimit } from './rate-limit.js';

/** How many of this many requests at one instant are let through. */
function letThrough(limit: RateLimit, now: number, requests: number): number {
  return Array.from({ length: requests }, () => refusal(limit, now)).filter((one) => one === undefined)
    .length;
}

function refusal(limit: RateLimit, now: number): unknown {
  try {
    limit.take(now);
    return undefined;
  } catch (failure) {
    return failure;
  }
}

describe('the limit of a consumer', () => {
  it('lets the requests of one second through at once, and no more', () => {
    expect(letThrough(new RateLimit(50), 1_000_000, 200)).toBe(50);
  });

  it('fills up again evenly, to the requests of one second at most', () => {
    const limit = new RateLimit(50);
    letThrough(limit, 1_000_000, 200);
    expect(letThrough(limit, 1_000_100, 200)).toBe(5);
    expect(letThrough(limit, 9_000_000, 200)).toBe(50);
  });

  it('is no longer used up by what it refuses, and says when to ask again', () => {
    const limit = new RateLimit(1);
    limit.take(1_000_000);
    for (const passed of [0, 400]) {
      expect(refusal(limit, 1_000_000 + passed)).toMatchObject({
        code: 'slow_down',
        retryAfter: 1_000 - passed,
      });
    }
    expect(refusal(limit, 1_001_000)).toBeUndefined();
  });

  it('lets everything through when there is none', () => {
    expect(letThrough(RateLimit.none, 0, 10_000)).toBe(10_000);
  });
});
