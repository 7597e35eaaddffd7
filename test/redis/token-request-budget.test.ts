import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { RedisTokenRequestBudget } from '#redis/budget/redis-token-request-budget.js';
import { ResilientTokenRequestBudget } from '#redis/budget/resilient-token-request-budget.js';
import type { Demand } from '#tokens/model/demand.js';
import { MemoryTokenRequestBudget } from '#tokens/memory/memory-token-request-budget.js';
import { ScopeSet } from '#tokens/model/scope-set.js';
import { describeTokenRequestBudget } from '../contracts/token-request-budget.contract.js';
import { someClient } from '#test/the.js';
import { SomeRedis, type SomeRedisParts } from './some-redis-parts.js';

let redis: SomeRedis;
beforeAll(async () => {
  redis = await SomeRedis.start();
});
afterEach(() => redis.reset());
afterAll(() => redis.stop());

describeTokenRequestBudget('RedisTokenRequestBudget', async () => {
  const parts = await redis.parts();
  return { budget: new RedisTokenRequestBudget(parts), pass: (ms: number) => parts.clock.advance(ms) };
});

const request = someClient({ maxTokenRequestsPerMinute: 60 }).request(ScopeSet.parse('api:partner'));
const schedule: Demand = { trigger: 'schedule' };
const fourHours = 4 * 3_600_000;

/** Moves the clock to just so long before the counters change their key. */
function moveToTurn({ clock, redisClock }: SomeRedisParts, before: number): void {
  clock.advance(fourHours - (redisClock.now() % fourHours) - before);
}

async function granted(takes: Promise<number | undefined>[]): Promise<number> {
  return (await Promise.all(takes)).filter((wait) => wait === undefined).length;
}

describe('the budget of several replicas', () => {
  it.each([
    ['at any time', (_: SomeRedisParts, n: number) => n],
    [
      'at the turn of a key, with clocks that differ',
      (parts: SomeRedisParts, n: number) => moveToTurn(parts, n - 1),
    ],
  ])('is never exceeded, %s', async (_, prepare) => {
    const parts = await Promise.all([1, 2, 3].map(() => redis.parts()));
    parts.forEach((one, n) => prepare(one, n));
    const budgets = parts.map((one) => new RedisTokenRequestBudget(one));
    const take = (demand: Demand) => (_one: unknown, n: number) => budgets[n % 3]!.take(request, demand);
    const many = Array.from({ length: 120 });
    const consumers = many.map((_one, n) => take({ trigger: 'demand', consumer: `c${n % 7}` })(_one, n));
    const forNew = await granted(consumers);
    expect(forNew).toBeLessThanOrEqual(45);
    expect(forNew).toBeGreaterThan(30);
    const renewals = await granted(many.map(take(schedule)));
    expect(forNew + renewals).toBe(60);
  });

  it('keeps what is set aside for renewals, however many demands are refused meanwhile', async () => {
    const budgets = (await Promise.all([1, 2].map(() => redis.parts()))).map(
      (parts) => new RedisTokenRequestBudget(parts),
    );
    const flood = Array.from({ length: 150 }, (_, n) =>
      budgets[0]!.take(request, { trigger: 'demand', consumer: `c${n % 9}` }),
    );
    const renewals = Array.from({ length: 15 }, () => budgets[1]!.take(request, schedule));
    expect(await granted(renewals)).toBe(15);
    expect(await granted(flood)).toBeLessThanOrEqual(45);
  });
});

describe('RedisTokenRequestBudget', () => {
  it('costs one round trip', async () => {
    const parts = await redis.parts();
    const budget = new RedisTokenRequestBudget(parts);
    const demand: Demand = { trigger: 'demand', consumer: 'order-service' };
    await budget.take(request, demand);
    expect((await redis.cost(() => budget.take(request, schedule)))['evalsha']).toBe(1);
    expect((await redis.cost(() => budget.take(request, demand)))['evalsha']).toBe(1);
  });

  it('leaves counters that expire, and names no consumer', async () => {
    const parts = await redis.parts();
    const budget = new RedisTokenRequestBudget(parts);
    moveToTurn(parts, 5_000);
    await budget.take(request, { trigger: 'demand', consumer: 'order-service' });
    parts.clock.advance(10_000);
    await budget.take(request, { trigger: 'demand', consumer: 'order-service' });
    const keys = await redis.server.client.keys('*');
    expect(keys).toHaveLength(4);
    expect(keys.join()).not.toContain('order-service');
    for (const key of keys) expect(await redis.server.client.ttl(key)).toBeGreaterThan(4 * 3_600);
  });

  it('sees the last minute across the turn of a key', async () => {
    const parts = await redis.parts();
    const budget = new RedisTokenRequestBudget(parts);
    moveToTurn(parts, 30_000);
    expect(await granted(Array.from({ length: 60 }, () => budget.take(request, schedule)))).toBe(60);
    parts.clock.advance(59_000);
    expect(await budget.take(request, schedule)).toBeGreaterThan(0);
    parts.clock.advance(21_000);
    expect(await budget.take(request, schedule)).toBeUndefined();
  });

  it('leaves counters that expire when Redis has lost those before, too', async () => {
    const budget = new RedisTokenRequestBudget(await redis.parts());
    await budget.take(request, schedule);
    await redis.server.command('FLUSHALL');
    await budget.take(request, schedule);
    const keys = await redis.server.client.keys('*');
    expect(keys).toHaveLength(1);
    expect(await redis.server.client.ttl(keys[0]!)).toBeGreaterThan(4 * 3_600);
  });

  it('reads and writes the counters of version 0.1.0', async () => {
    const parts = await redis.parts();
    const budget = new RedisTokenRequestBudget(parts);
    const slot = Math.floor(parts.redisClock.now() / 10_000);
    const key = parts.keys.budget(request.client.identity, Math.floor(slot / 1_440));
    const [renewals, newTokens] = [0, 1].map((counter) => `#${(slot % 1_440) * 2 + counter}`) as [
      string,
      string,
    ];
    await redis.server.command('BITFIELD', key, 'INCRBY', 'u16', renewals, 50, 'INCRBY', 'u16', newTokens, 8);
    expect(await granted([1, 2, 3].map(() => budget.take(request, schedule)))).toBe(2);
    const counted = await redis.server.command(
      'BITFIELD',
      key,
      'GET',
      'u16',
      renewals,
      'GET',
      'u16',
      newTokens,
    );
    expect(counted).toEqual([52, 8]);
  });
});

describe('ResilientTokenRequestBudget', () => {
  it('goes on alone while Redis is away, and knows what it has spent', async () => {
    const parts = await redis.parts();
    const failed: string[] = [];
    const own = new MemoryTokenRequestBudget(parts.clock);
    const shared = new RedisTokenRequestBudget(parts);
    const budget = new ResilientTokenRequestBudget(shared, own, (operation) => failed.push(operation));
    for (let n = 0; n < 59; n++) await budget.take(request, schedule);
    await redis.cutOff(parts);
    expect(await budget.take(request, schedule)).toBeUndefined();
    expect(await budget.take(request, schedule)).toBeGreaterThan(0);
    expect(failed).toEqual(['take', 'take']);
  });
});
