import { fc } from '#test/property.js';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '#test/fake-clock.js';
import { RedisClock } from './redis-clock.js';

/** What TIME answers at this instant of the server's clock, in milliseconds since 1970. */
const time = (instant: number): [string, string] => [
  String(Math.floor(instant / 1_000)),
  String(Math.round((instant % 1_000) * 1_000)),
];

describe('RedisClock', () => {
  it("shows this process's time of day before the server was heard of", () => {
    const clock = new FakeClock();
    expect(new RedisClock(clock).now()).toBe(clock.wallTime());
  });

  it('shows the time of the server, in whole milliseconds, and advances', () => {
    const clock = new FakeClock();
    const redisClock = new RedisClock(clock);
    redisClock.learn(['1700000000', '123456'], clock.now());
    expect(redisClock.now()).toBe(1_700_000_000_123);
    clock.advance(1_000);
    expect(redisClock.now()).toBe(1_700_000_001_123);
  });

  it('converts instants both ways', () => {
    const clock = new FakeClock();
    const redisClock = new RedisClock(clock);
    redisClock.learn(['1700000000', '0'], clock.now());
    expect(redisClock.fromLocal(clock.now() + 5_000)).toBe(1_700_000_005_000);
    expect(redisClock.toLocal(1_700_000_005_000)).toBe(clock.now() + 5_000);
  });

  it('is as far off as half of the way there and back, at the most', () => {
    const answers = fc.array(fc.record({ there: fc.nat(300), back: fc.nat(300), pause: fc.nat(10_000) }), {
      minLength: 1,
    });
    fc.assert(
      fc.property(answers, fc.integer({ min: 0, max: 2e12 }), (ways, serverOffset) => {
        const clock = new FakeClock();
        const redisClock = new RedisClock(clock);
        for (const { there, back, pause } of ways) {
          clock.advance(pause);
          const sentAt = clock.now();
          clock.advance(there);
          const reply = time(clock.now() + serverOffset);
          clock.advance(back);
          redisClock.learn(reply, sentAt);
        }
        const shortest = Math.min(...ways.map(({ there, back }) => there + back));
        const error = Math.abs(redisClock.now() - (clock.now() + serverOffset));
        expect(error).toBeLessThanOrEqual(Math.max(shortest, ways[0]!.there + ways[0]!.back) / 2 + 1);
      }),
    );
  });

  it('follows a server whose clock was set, a failover to another one included', () => {
    const clock = new FakeClock();
    const redisClock = new RedisClock(clock);
    redisClock.learn(['1700000000', '0'], clock.now());
    redisClock.learn(['1700009000', '0'], clock.now());
    expect(redisClock.now()).toBe(1_700_009_000_000);
  });

  it.each([
    ['set back by 5 minutes', -300_000],
    ['set forward by 2 seconds', 2_000],
    ['that of another host, which is an hour ahead', 3_600_000],
  ])('reports a server whose clock is %s, once', (_, step) => {
    const clock = new FakeClock();
    const steps: number[] = [];
    const redisClock = new RedisClock(clock, undefined, (by) => steps.push(by));
    redisClock.learn(time(1_700_000_000_000), clock.now());
    for (let tick = 1; tick <= 3; tick++) {
      clock.advance(1_000);
      redisClock.learn(time(1_700_000_000_000 + tick * 1_000 + step), clock.now() - 5);
    }
    expect(steps).toHaveLength(1);
    expect(Math.abs(steps[0]! - step)).toBeLessThanOrEqual(5);
  });

  it('is not disturbed by a slow answer, nor by one that is none', () => {
    const clock = new FakeClock();
    const redisClock = new RedisClock(clock);
    redisClock.learn(['1700000000', '0'], clock.now());
    const sentAt = clock.now();
    clock.advance(400);
    redisClock.learn(time(1_700_000_000_001), sentAt);
    expect(redisClock.now()).toBe(1_700_000_000_400);
    redisClock.learn(['no', 'time'], clock.now());
    expect(redisClock.now()).toBe(1_700_000_000_400);
  });
});
