import { describe, expect, it } from 'vitest';
import { fc } from '#test/property.js';
import { clockAgreement, type LifeEvidence, remainingLife, trustedWallTime } from './token-life.js';

const hour = 3_600_000;
const now = Date.UTC(2026, 10, 26);

/** Errors of clocks that are right, in milliseconds, and of one that is off by up to ten years. */
const right = fc.integer({ min: -clockAgreement / 2, max: clockAgreement / 2 });
const off = fc.integer({ min: -10 * 365 * 24 * hour, max: 10 * 365 * 24 * hour });
const clocks = ['wall', 'store', 'monotonic'] as const;

/** Evidence by clocks that are `errors` ahead of the truth; all of them say how long a life of an hour still is. */
function evidence(
  age: number,
  errors: Record<(typeof clocks)[number], number>,
  isJwt: boolean,
): LifeEvidence {
  const left = hour - age;
  return {
    lifetime: hour,
    wallTime: now + errors.wall,
    issuedAt: now - age,
    exp: isJwt ? now + left : undefined,
    ttl: left - errors.store,
    monotonic: left - errors.monotonic,
  };
}

const scene = fc.record({
  age: fc.integer({ min: 0, max: 2 * hour }),
  errors: fc.record({ wall: right, store: right, monotonic: right }),
  liar: fc.constantFrom(...clocks),
  lie: off,
  isJwt: fc.boolean(),
});

describe('the remaining life of a token', () => {
  it('is that of the clocks that are right, whichever one is off and by how much', () => {
    fc.assert(
      fc.property(scene, ({ age, errors, liar, lie, isJwt }) => {
        const remaining = remainingLife(evidence(age, { ...errors, [liar]: lie }, isJwt));
        const left = hour - age;
        expect(remaining).toBeLessThanOrEqual(left + clockAgreement);
        expect(remaining).toBeGreaterThanOrEqual(left - 2 * clockAgreement);
      }),
    );
  });

  it('is never more than any of two clocks allows, nor than was granted', () => {
    fc.assert(
      fc.property(scene, ({ age, errors, liar, lie, isJwt }) => {
        const all = evidence(age, { ...errors, [liar]: lie }, isJwt);
        const remaining = remainingLife({ ...all, monotonic: undefined });
        expect(remaining).toBeLessThanOrEqual(Math.min(hour, all.ttl!));
        expect(remaining).toBeLessThanOrEqual(hour - age - errors.wall + (liar === 'wall' ? Infinity : 0));
      }),
    );
  });

  it.each([
    ['PTTL has grown, as the clock of Redis was set back by 5 minutes', { ttl: 374_000 }, 74_000],
    [
      'an expired token was put back with a TTL of ten years',
      { issuedAt: now - 2 * hour, ttl: 10 * 365 * 24 * hour },
      -hour,
    ],
    [
      'this host slept for an hour, by which its clocks have aged',
      { wallTime: now + hour, monotonic: 74_000 - hour },
      74_000 - hour,
    ],
    ['the JWT ends before the entry in the store does', { issuedAt: undefined, exp: now + 20_000 }, 20_000],
  ])('is the least when %s', (_case, differing, expected) => {
    const base = { lifetime: hour, wallTime: now, issuedAt: now - hour + 74_000, ttl: 74_000 };
    expect(remainingLife({ ...base, ...(differing as Partial<LifeEvidence>) })).toBe(expected);
  });

  it('does not end because the recorded instant of issue is off, when a JWT and the store agree that it lives', () => {
    const left = 1_800_000;
    const sent = { lifetime: hour, wallTime: now, issuedAt: now - 4 * hour };
    expect(remainingLife({ ...sent, exp: now + left, ttl: left })).toBe(left);
    expect(remainingLife({ ...sent, ttl: left })).toBe(-3 * hour);
  });
});

describe('the wall time to trust', () => {
  it('is the own one, unless two witnesses agree against it', () => {
    expect(trustedWallTime(now, [])).toBe(now);
    expect(trustedWallTime(now, [now + hour])).toBe(now);
    expect(trustedWallTime(now, [now + hour, now - hour])).toBe(now);
    expect(trustedWallTime(now, [now + hour, now + hour + 1_000])).toBe(now + hour + 1_000);
    expect(trustedWallTime(now + 3 * hour, [now, now - 1_000, now + 9 * hour])).toBe(now);
  });
});
