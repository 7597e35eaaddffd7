import { ReplyError } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '#test/fake-clock.js';
import { RedisMisuse, RedisUnavailable } from './redis-failure.js';
import { CircuitBreaker } from './circuit-breaker.js';

function someHealth() {
  const clock = new FakeClock();
  const changes: unknown[][] = [];
  const health = new CircuitBreaker(clock, {
    onChange: (...change) => changes.push(change),
    times: { deadline: 20, pause: 1_000 },
  });
  return { clock, changes, health };
}

const works = () => Promise.resolve('an answer');
const fails = () => Promise.reject(new Error('Connection is closed.'));

/** An operation that ends on request, and the number of times it was run. */
function waits() {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const operation = () => {
    operation.runs++;
    return promise;
  };
  operation.runs = 0;
  return { operation, resolve, reject };
}

describe('CircuitBreaker', () => {
  it('lets operations through while Redis works', async () => {
    const { health, changes } = someHealth();
    expect(await health.attempt(works)).toBe('an answer');
    expect(health.isUp).toBe(true);
    expect(changes).toEqual([]);
  });

  it('tries at once when the connections stand, whatever has failed before', async () => {
    const { health, changes } = someHealth();
    await expect(health.attempt(fails)).rejects.toThrow(RedisUnavailable);
    await health.recheck(fails);
    expect(health.isUp).toBe(false);
    await health.recheck(works);
    expect(await health.attempt(works)).toBe('an answer');
    expect(changes.map(([state]) => state)).toEqual(['down', 'up']);
  });

  it('answers at once for a second after a failure, and says so once', async () => {
    const { health, clock, changes } = someHealth();
    await expect(health.attempt(fails)).rejects.toThrow(new RedisUnavailable('disconnected'));
    const { operation } = waits();
    clock.advance(999);
    await expect(health.attempt(operation)).rejects.toThrow(new RedisUnavailable('disconnected'));
    expect(operation.runs).toBe(0);
    clock.advance(1);
    await expect(health.attempt(fails)).rejects.toThrow(RedisUnavailable);
    expect(changes).toEqual([['down', 'disconnected']]);
  });

  it('lets one probe through after that second, and all when it succeeds', async () => {
    const { health, clock, changes } = someHealth();
    await expect(health.attempt(fails)).rejects.toThrow(RedisUnavailable);
    clock.advance(1_000);
    const { operation, resolve } = waits();
    const probe = health.attempt(operation);
    await expect(health.attempt(operation)).rejects.toThrow(RedisUnavailable);
    resolve('an answer');
    expect(await probe).toBe('an answer');
    expect(await health.attempt(operation)).toBe('an answer');
    expect(operation.runs).toBe(2);
    expect(changes).toEqual([
      ['down', 'disconnected'],
      ['up', undefined],
    ]);
  });

  it('waits for another second when the probe fails', async () => {
    const { health, clock } = someHealth();
    await expect(health.attempt(fails)).rejects.toThrow(RedisUnavailable);
    clock.advance(1_000);
    await expect(health.attempt(fails)).rejects.toThrow(RedisUnavailable);
    clock.advance(999);
    await expect(health.attempt(works)).rejects.toThrow(RedisUnavailable);
    clock.advance(1);
    expect(await health.attempt(works)).toBe('an answer');
  });

  it('gives no operation longer than its deadline', async () => {
    const { health } = someHealth();
    const { operation, reject } = waits();
    await expect(health.attempt(operation)).rejects.toThrow(new RedisUnavailable('timeout'));
    expect(health.isUp).toBe(false);
    reject(new Error('no caller waits for this any more'));
  });

  it('distinguishes mistakes from outages: Redis works, and the mistake is known', async () => {
    const { health } = someHealth();
    const mistake = new ReplyError(
      'WRONGTYPE Operation against a key holding the wrong kind of value',
    ) as Error;
    await expect(health.attempt(() => Promise.reject(mistake))).rejects.toThrow(RedisMisuse);
    const bug = new TypeError('undefined is not a function');
    await expect(health.attempt(() => Promise.reject(bug))).rejects.toBe(bug);
    expect(health.isUp).toBe(true);
  });

  it('is degraded by a refusal, also while the connection is opened anew for it, until nothing was refused for 5 s', async () => {
    const { health, clock, changes } = someHealth();
    const refuses = () => Promise.reject(new ReplyError('READONLY it is a replica') as Error);
    await expect(health.attempt(refuses)).rejects.toThrow(new RedisUnavailable('READONLY'));
    await expect(health.attempt(fails)).rejects.toThrow(new RedisUnavailable('disconnected'));
    expect(await health.attempt(works)).toBe('an answer');
    expect(health.state).toBe('degraded');
    clock.advance(5_001);
    await expect(health.attempt(fails)).rejects.toThrow(new RedisUnavailable('disconnected'));
    expect(health.state).toBe('down');
    clock.advance(1_000);
    expect(await health.attempt(works)).toBe('an answer');
    expect(changes).toEqual([
      ['degraded', 'READONLY'],
      ['down', 'disconnected'],
      ['up', undefined],
    ]);
  });

  it('is not closed for good by a probe that is a mistake', async () => {
    const { health, clock } = someHealth();
    await expect(health.attempt(fails)).rejects.toThrow(RedisUnavailable);
    clock.advance(1_000);
    await expect(
      health.attempt(() => {
        throw new TypeError('thrown before anything was sent');
      }),
    ).rejects.toThrow(TypeError);
    expect(await health.attempt(works)).toBe('an answer');
  });
});
