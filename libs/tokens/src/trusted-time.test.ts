import { beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '#test/fake-clock.js';
import { TrustedTime } from './trusted-time.js';

const hour = 3_600_000;
let clock: FakeClock;
let found: number[];
let time: TrustedTime;

beforeEach(() => {
  clock = new FakeClock();
  found = [];
  time = new TrustedTime(clock, (ahead) => found.push(ahead));
});

const shows = (peer: string, ahead: number) => time.note(peer, clock.wallTime() + ahead);

describe('the time of day of a replica', () => {
  it('is its own, whatever one other clock shows, as either may be off', () => {
    expect(time.now()).toBe(clock.wallTime());
    shows('redis', -3 * hour);
    expect(time.now()).toBe(clock.wallTime());
    expect(time.isDisputed).toBe(true);
    expect(found).toEqual([]);
  });

  it('is that of Redis and an authorization server when both agree against it, said once', () => {
    for (let times = 0; times < 3; times++) {
      shows('redis', -3 * hour);
      shows('auth.example', -3 * hour + 500);
    }
    expect(time.now()).toBe(clock.wallTime() - 3 * hour + 500);
    expect(found).toHaveLength(1);
    clock.advance(60_000);
    expect(time.now()).toBe(clock.wallTime() - 3 * hour + 500);
  });

  it('is its own while time passes between two looks at its clock', () => {
    const wallTime = clock.wallTime.bind(clock);
    clock.wallTime = () => {
      clock.advance(1);
      return wallTime();
    };
    shows('redis', 0);
    shows('auth.example', 0);
    expect(found).toEqual([]);
  });

  it('is not disputed by one that is off when another agrees with it', () => {
    shows('auth.example', 2 * hour);
    shows('redis', 1_000);
    expect(time.isDisputed).toBe(false);
    expect(time.now()).toBe(clock.wallTime());
  });

  it('counts one server once, however many clients have it, and what was measured for an hour', () => {
    shows('auth.example', hour);
    shows('auth.example', hour);
    expect(time.now()).toBe(clock.wallTime());
    shows('redis', hour);
    expect(time.now()).toBe(clock.wallTime() + hour);
    clock.advance(hour);
    expect(time.now()).toBe(clock.wallTime());
    expect(time.skewOf('redis')).toBeUndefined();
    expect(time.isDisputed).toBe(false);
  });

  it('remembers the last eight that were measured', () => {
    for (let n = 0; n < 100; n++) shows(`server-${n}`, n * hour);
    expect(time.skewOf('server-91')).toBeUndefined();
    expect(time.skewOf('server-92')).toBe(92 * hour);
  });
});
