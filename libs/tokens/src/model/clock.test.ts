import { describe, expect, it } from 'vitest';
import { fc } from '#test/property.js';
import { AgeingClock, Clock } from './clock.js';

const hour = 3_600_000;

function someClock() {
  const time = { monotonic: 5_000, wall: Date.UTC(2026, 10, 26) };
  const clock = new AgeingClock(
    () => time.monotonic,
    () => time.wall,
  );
  const pass = (monotonic: number, wall = monotonic) => {
    time.monotonic += monotonic;
    time.wall += wall;
    return clock.now();
  };
  return { clock, pass };
}

describe('the clock that lifetimes are counted on', () => {
  it('ages by the leap when the wall clock leaps an hour and the monotonic clock does not', () => {
    const { clock, pass } = someClock();
    const before = clock.now();
    expect(pass(1_000, hour + 1_000)).toBe(before + hour + 1_000);
    expect(pass(1_000)).toBe(before + hour + 2_000);
    expect(pass(0, 2 * hour)).toBe(before + 3 * hour + 2_000);
  });

  it('ignores a wall clock that is set back', () => {
    const { clock, pass } = someClock();
    const before = clock.now();
    expect(pass(1_000, -hour)).toBe(before + 1_000);
    expect(pass(1_000)).toBe(before + 2_000);
  });

  it('ignores a wall clock that is slewed by NTP, however long it takes', () => {
    const { clock, pass } = someClock();
    const before = clock.now();
    for (let n = 0; n < 10_000; n++) pass(1_000, 1_000.5);
    expect(clock.now()).toBe(before + 10_000_000);
  });

  it('never goes back, and is never behind the monotonic clock', () => {
    const step = fc.tuple(fc.nat(10_000), fc.integer({ min: -hour, max: hour }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 50 }), (steps) => {
        const { clock, pass } = someClock();
        let last = clock.now();
        for (const [monotonic, wall] of steps) {
          const now = pass(monotonic, wall);
          expect(now).toBeGreaterThanOrEqual(last + monotonic);
          last = now;
        }
      }),
    );
  });
});

describe('the time of day of an instant', () => {
  class TwoClocks extends Clock {
    passed = 0;
    leapt = 0;

    now(): number {
      return this.passed;
    }

    wallTime(): number {
      return Math.floor(1_800_000_000_000.4 + this.passed + this.leapt);
    }

    after(): void {}
  }

  it('is the same each time, though the wall clock counts whole milliseconds', () => {
    const clock = new TwoClocks();
    const times = new Set<number>();
    for (; clock.passed < 1_000; clock.passed += 0.37) times.add(clock.wallTimeOf(500));
    expect(times.size).toBe(1);
  });

  it('follows a wall clock that is set', () => {
    const clock = new TwoClocks();
    const before = clock.wallTimeOf(500);
    clock.leapt = -3_600_000;
    expect(clock.wallTimeOf(500)).toBe(before - 3_600_000);
  });
});
