import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Demand } from '#tokens/model/demand.js';
import { ScopeSet } from '#tokens/model/scope-set.js';
import { describeTokenRequestBudget } from '../contracts/token-request-budget.contract.js';
import { someClient } from '#test/the.js';
import { SomeRedis, type SomeRedisParts } from './some-redis-parts.js';
import { budgetOn, resilientBudgetOn } from './some-budget.js';

let redis: SomeRedis;
beforeAll(async () => {
  redis = await SomeRedis.start();
});
afterEach(() => redis.reset());
afterAll(() => redis.stop());

describeTokenRequestBudget('RedisTokenRequestBudget', async () => {
  const parts = await redis.parts();
  return { budget: budgetOn(parts), pass: (ms: number) => parts.clock.advance(ms) };
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
    const budgets = parts.map((one) => budgetOn(one));
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
    const budgets = (await Promise.all([1, 2].map(() => redis.parts()))).map((parts) => budgetOn(parts));
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
    const budget = budgetOn(parts);
    const demand: Demand = { trigger: 'demand', consumer: 'order-service' };
    await budget.take(request, demand);
    expect((await redis.cost(() => budget.take(request, schedule)))['evalsha']).toBe(1);
    expect((await redis.cost(() => budget.take(request, demand)))['evalsha']).toBe(1);
  });

  it('leaves counters that expire, and names no consumer', async () => {
    const parts = await redis.parts();
    const budget = budgetOn(parts);
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
    const budget = budgetOn(parts);
    moveToTurn(parts, 30_000);
    expect(await granted(Array.from({ length: 60 }, () => budget.take(request, schedule)))).toBe(60);
    parts.clock.advance(59_000);
    expect(await budget.take(request, schedule)).toBeGreaterThan(0);
    parts.clock.advance(21_000);
    expect(await budget.take(request, schedule)).toBeUndefined();
  });

  it('leaves counters that expire when Redis has lost those before, too', async () => {
    const budget = budgetOn(await redis.parts());
    await budget.take(request, schedule);
    await redis.server.command('FLUSHALL');
    await budget.take(request, schedule);
    const keys = await redis.server.client.keys('*');
    expect(keys).toHaveLength(1);
    expect(await redis.server.client.ttl(keys[0]!)).toBeGreaterThan(4 * 3_600);
  });

  it('reads and writes the counters of version 0.1.0', async () => {
    const parts = await redis.parts();
    const budget = budgetOn(parts);
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
  it('continues alone while Redis is away, and knows what it has spent', async () => {
    const { budget, failed, parts } = resilientBudgetOn(await redis.parts());
    for (let n = 0; n < 59; n++) await budget.take(request, schedule);
    await redis.cutOff(parts);
    expect(await budget.take(request, schedule)).toBeUndefined();
    expect(await budget.take(request, schedule)).toBeGreaterThan(0);
    expect(failed).toEqual(['take', 'take']);
  });
});

describe('the quotas of several replicas', () => {
  const perHour = 50;
  const client = someClient({ maxTokenRequestsPerMinute: 100_000, quotas: { perHour } });
  const limited = client.request(ScopeSet.parse('api:partner'));
  const hour = 3_600_000;
  const replicas = async (count: number, known: () => number | undefined = () => count) => {
    const all = [];
    for (let n = 0; n < count; n++) all.push(resilientBudgetOn(await redis.parts(), known));
    return all;
  };
  type Replica = ReturnType<typeof resilientBudgetOn>;
  const each = (all: Replica[], attempts: number) =>
    all.map(({ budget }) => granted(Array.from({ length: attempts }, () => budget.take(limited, schedule))));
  const total = async (all: Replica[], attempts: number) =>
    (await Promise.all(each(all, attempts))).reduce((sum, one) => sum + one, 0);
  const pass = (all: Replica[], milliseconds: number) =>
    all.forEach(({ parts }) => parts.clock.advance(milliseconds));
  const allCutOff = (all: Replica[]) => Promise.all(all.map(({ parts }) => redis.cutOff(parts)));
  const back = async (all: Replica[]) => {
    for (const { parts } of all) await parts.redis.connect();
    pass(all, 2_000);
    for (const { quotas } of all) await quotas.refresh([client]);
  };

  it('are used up to the last request, and not exceeded, when all ask at once', async () => {
    expect(await total(await replicas(3), 40)).toBe(perHour);
  });

  it('hold for each request whatever the client proves itself with, and whatever its parameters are', async () => {
    const all = await replicas(1);
    expect(await total(all, 30)).toBe(30);
    const rotated = { credentials: ['other'], parameters: { audience: 'another' } };
    const other = someClient({ maxTokenRequestsPerMinute: 100_000, quotas: { perHour }, ...rotated });
    const takes = Array.from({ length: 30 }, () =>
      all[0]!.budget.take(other.request(limited.scopes), schedule),
    );
    expect(await granted(takes)).toBe(20);
  });

  it('are shared out while Redis is down: what was left of them, by the number of replicas', async () => {
    const all = await replicas(3);
    expect(await total(all, 7)).toBe(21);
    for (const { quotas } of all) await quotas.refresh([client]);
    await allCutOff(all);
    expect(await Promise.all(each(all, 40))).toEqual([9, 9, 9]);
    pass(all, hour + 61_000);
    expect(await Promise.all(each(all, 40))).toEqual([16, 16, 16]);
  });

  it('are not exceeded when Redis is back, though each replica has counted alone', async () => {
    const all = await replicas(3);
    await total(all, 2);
    for (const { quotas } of all) await quotas.refresh([client]);
    await allCutOff(all);
    const alone = await total(all, 10);
    expect(alone).toBe(30);
    await back(all);
    const settling = await total(all, 40);
    expect(6 + alone + settling).toBeLessThanOrEqual(perHour);
    pass(all, 10_000);
    for (const { quotas } of all) await quotas.refresh([client]);
    expect(6 + alone + settling + (await total(all, 40))).toBe(perHour);
  });

  it('are not exceeded by a replica that had nothing to do while Redis was down', async () => {
    const all = await replicas(3);
    const [idle, ...others] = all as [Replica, ...Replica[]];
    await allCutOff(all);
    await idle.quotas.refresh([client]);
    const alone = await total(others, 40);
    expect(alone).toBe(32);
    for (const { parts } of all) await parts.redis.connect();
    pass(all, 2_000);
    expect(alone + (await total([idle], 40))).toBeLessThanOrEqual(perHour);
  });

  it('are not forgotten by a Redis that comes back empty', async () => {
    const all = await replicas(3);
    expect(await total(all, 10)).toBe(30);
    for (const { quotas } of all) await quotas.refresh([client]);
    await redis.server.command('FLUSHALL');
    expect(await total(all, 40)).toBe(perHour - 30);
  });

  it('give a replica that has never reached Redis a quarter', async () => {
    const [one] = (await replicas(1, () => undefined)) as [Replica];
    await redis.cutOff(one.parts);
    expect(await total([one], 40)).toBe(12);
    expect(await one.budget.take(limited, schedule)).toBeLessThanOrEqual(60_000);
  });

  it('are counted anew where another has written into their record', async () => {
    const all = await replicas(2);
    const key = all[0]!.parts.keys.quota(client.account);
    for (const junk of [Buffer.alloc(20_000, 0xff), Buffer.from('null')]) {
      await redis.server.client.set(key, junk);
      expect(await all[0]!.budget.take(limited, schedule)).toBeUndefined();
    }
    expect(all.flatMap(({ failed }) => failed)).toEqual([]);
  });

  it('cost one round trip', async () => {
    const [one] = (await replicas(1)) as [Replica];
    await one.budget.take(limited, schedule);
    const now = one.parts.clock.now();
    expect((await redis.cost(() => one.budget.take(limited, schedule)))['evalsha']).toBe(2);
    expect((await redis.cost(() => one.budget.placeRenewal(client, now, now + hour)))['evalsha']).toBe(1);
  });
});
