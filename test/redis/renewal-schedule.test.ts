import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ScopeSet } from '#tokens/model/scope-set.js';
import { describeRenewalSchedule } from '../contracts/renewal-schedule.contract.js';
import { someClient } from '#test/the.js';
import { SomeRedis } from './some-redis-parts.js';
import { pass, SomeSchedule } from './some-schedule.js';

let redis: SomeRedis;
beforeAll(async () => {
  redis = await SomeRedis.start();
});
afterEach(() => redis.reset());
afterAll(() => redis.stop());

const client = someClient();
const [one, two, three] = ['a', 'b', 'c'].map((scope) => client.request(ScopeSet.parse(scope)));
const { idleAfter } = client.options.renewal;
const lease = 15_000;
const grace = 5_000;

async function replicas(count: number): Promise<[SomeSchedule, SomeSchedule, SomeSchedule]> {
  const all = await Promise.all(Array.from({ length: count }, () => SomeSchedule.of(redis, client)));
  return all as [SomeSchedule, SomeSchedule, SomeSchedule];
}

describeRenewalSchedule('RedisRenewalSchedule', async () => {
  const [replica] = await replicas(1);
  const { schedule, parts } = replica;
  return {
    schedule,
    clock: parts.clock,
    pass: (milliseconds: number) => pass([replica], milliseconds),
    flush: () => schedule.flush(),
  };
});

describeRenewalSchedule('ResilientRenewalSchedule', async () => {
  const [replica] = await replicas(1);
  const { resilient, parts } = replica;
  return {
    schedule: resilient,
    clock: parts.clock,
    pass: (milliseconds: number) => pass([replica], milliseconds),
    flush: () => resilient.flush(),
  };
});

describe('the schedule of several replicas', () => {
  it('gives what is due to one of three that take at once', async () => {
    const all = await replicas(3);
    const [a, b, c] = all;
    const requests = Array.from({ length: 30 }, (_, n) => client.request(ScopeSet.parse(`s${n}`)));
    for (const request of requests) await a.schedule.plan(request, a.now + 1_000);
    await pass(all, 1_000);
    const taken = await Promise.all([a.due(64), b.due(64), c.due(64)]);
    expect(taken.flat().toSorted()).toEqual(requests.map(({ scopes }) => String(scopes)).toSorted());
  });

  it('tells the others what is to be renewed, with its resources', async () => {
    const all = await replicas(2);
    const [a, b] = all;
    const withResource = client.request(ScopeSet.parse('a'), ['https://api.example']);
    await a.schedule.plan(withResource, a.now);
    await a.schedule.flush();
    const [due] = await b.schedule.takeDue(10, 0);
    expect(due?.request.key).toBe(withResource.key);
    expect(due?.request.client).toBe(client);
    expect(b.now - due!.dueAt).toBeLessThan(1_000);
  });

  it('gives a renewal to another replica when the first has died with it', async () => {
    const all = await replicas(2);
    const [a, b] = all;
    await a.schedule.plan(one!, a.now);
    expect(await a.due()).toEqual(['a']);
    await pass(all, lease / 2);
    expect(await b.due()).toEqual([]);
    await pass(all, lease / 2);
    expect(await b.due()).toEqual(['a']);
  });

  it('keeps alive what is asked for at one replica and taken by another', async () => {
    const all = await replicas(2);
    const [a, b] = all;
    await a.schedule.plan(one!, a.now + 1_000);
    await a.schedule.plan(two!, a.now + 1_000);
    await pass(all, 1_000);
    expect(await a.due()).toEqual(['a', 'b']);
    for (const request of [one!, two!]) await a.schedule.plan(request, a.now + 2 * idleAfter);
    await pass(all, 1.5 * idleAfter);
    b.schedule.noteDemand(two!, b.now);
    await pass(all, 0.5 * idleAfter);
    expect(await a.due()).toEqual(['b']);
    expect(await redis.server.client.hkeys('token-broker:{schedule}:requests')).toEqual([two!.key]);
  });

  it('counts the first renewal of what is preloaded as such, at any replica, and the next ones as scheduled', async () => {
    const all = await replicas(2);
    const [a, b] = all;
    await a.schedule.keep([one!]);
    await b.schedule.keep([one!]);
    expect(await b.schedule.takeDue(10, 0)).toMatchObject([{ trigger: 'preload' }]);
    await b.schedule.plan(one!, b.now + 1_000, 'preload');
    await pass(all, 1_000);
    expect(await b.schedule.takeDue(10, 0)).toMatchObject([{ trigger: 'preload' }]);
    await b.schedule.plan(one!, b.now + 2 * idleAfter);
    await pass(all, 2 * idleAfter);
    expect(await a.schedule.takeDue(10, 0)).toMatchObject([{ trigger: 'schedule' }]);
  });

  it('lets go what the settings no longer make', async () => {
    const [a] = await replicas(1);
    const stranger = await SomeSchedule.of(redis, someClient({ name: 'other' }));
    await a.schedule.plan(one!, a.now);
    await a.schedule.flush();
    expect(await stranger.due()).toEqual([]);
    expect(await redis.server.client.keys('*')).toEqual([]);
  });
});

describe('RedisRenewalSchedule', () => {
  it('heals by demand when Redis has lost its data', async () => {
    const all = await replicas(2);
    const [a, b] = all;
    a.schedule.noteDemand(one!, a.now + 1_000);
    await a.schedule.flush();
    await redis.server.command('FLUSHALL');
    await pass(all, 10_000);
    a.schedule.noteDemand(one!, a.now + 1_000);
    await pass(all, 1_000);
    expect(await b.due()).toEqual(['a']);
  });

  it('heals by demand or the next plan what another replica has dropped', async () => {
    const all = await replicas(3);
    const [a, b, c] = all;
    for (const request of [one!, two!]) await a.schedule.plan(request, a.now);
    await a.schedule.flush();
    await b.schedule.forget(one!);
    await b.schedule.forget(two!);
    await pass(all, 10_000);
    a.schedule.noteDemand(one!, a.now);
    await a.schedule.plan(two!, a.now);
    await a.schedule.flush();
    expect(await c.due()).toEqual(['a', 'b']);
  });

  it('hands over later what Redis could not be told', async () => {
    const all = await replicas(2);
    const [a, b] = all;
    await redis.cutOff(a.parts);
    await a.schedule.plan(one!, a.now);
    a.schedule.noteDemand(two!, a.now);
    await expect(a.schedule.takeDue(10, 0)).rejects.toThrow('Redis cannot be used');
    await expect(a.schedule.keep([three!])).rejects.toThrow('Redis cannot be used');
    await a.parts.redis.connect();
    a.parts.clock.advance(2_000);
    await a.schedule.flush();
    expect(await b.due()).toEqual(['a', 'b', 'c']);
  });

  it('costs one command to plan what it knows, and few when nothing is due', async () => {
    const [a] = await replicas(1);
    const { schedule } = a;
    await schedule.plan(one!, a.now + 60_000);
    await schedule.takeDue(10, 0);

    expect(
      await redis.cost(async () => {
        await schedule.plan(one!, a.now + 60_000);
        await schedule.flush();
      }),
    ).toEqual({ zadd: 1 });
    const tick = () => schedule.takeDue(10, 0);
    expect(await redis.cost(tick)).toEqual({ evalsha: 1, time: 1, zrange: 1 });
    const tickAfterDemand = () => {
      schedule.noteDemand(one!, a.now + 60_000);
      schedule.noteDemand(one!, a.now + 60_000);
      return tick();
    };
    expect(await redis.cost(tickAfterDemand)).toEqual({ evalsha: 1, time: 1, zrange: 1 });
    a.parts.clock.advance(10_000);
    expect(await redis.cost(tickAfterDemand)).toEqual({ evalsha: 1, time: 1, zrange: 1, zadd: 2 });
    await schedule.plan(one!, a.now);
    expect(await redis.cost(tick)).toEqual({ evalsha: 1, time: 1, zrange: 1, zadd: 2 });
  });

  it('writes no client or scope in clear', async () => {
    const [a] = await replicas(1);
    const telling = client.request(ScopeSet.parse('not-a-real-scope'));
    await a.schedule.plan(telling, a.now);
    a.schedule.noteDemand(telling, a.now);
    await a.schedule.flush();
    const records = await redis.server.client.hvals('token-broker:{schedule}:requests');
    expect(records).toHaveLength(1);
    expect(records.join()).not.toMatch(/not-a-real-scope|rabot/);
  });
});

describe('ResilientRenewalSchedule', () => {
  it('renews by itself while Redis is away, a little late, and only what it was asked for', async () => {
    const [a] = await replicas(1);
    await a.resilient.plan(one!, a.now + 1_000);
    a.resilient.noteDemand(two!, a.now + 1_000);
    await a.resilient.flush();
    await redis.cutOff(a.parts);
    a.parts.clock.advance(1_000);
    expect(await a.due(10, a.resilient)).toEqual([]);
    a.parts.clock.advance(grace);
    expect(await a.due(10, a.resilient)).toEqual(['a', 'b']);
    await a.resilient.forget(one!);
    await a.resilient.keep([three!]);
    expect(await a.due(10, a.resilient)).toEqual(['c']);
    expect(new Set(a.failed)).toEqual(new Set(['takeDue', 'forget', 'keep']));
  });

  it('renews what Redis has lost, and leaves to the others what it has planned', async () => {
    const all = await replicas(2);
    const [a, b] = all;
    await a.resilient.plan(one!, a.now + 1_000);
    await a.resilient.plan(two!, a.now + 1_000);
    await pass(all, 1_000);
    expect(await b.due(10, b.resilient)).toEqual(['a', 'b']);
    await b.resilient.plan(one!, b.now + 60_000);
    await b.resilient.flush();
    await redis.server.client.zrem('token-broker:{schedule}:due', two!.key);
    await pass(all, grace);
    expect(await a.due(10, a.resilient)).toEqual(['b']);
    await pass(all, lease);
    expect(await a.due(10, a.resilient)).toEqual([]);
  });

  it('does not look at Redis for what demand has told it is renewed', async () => {
    const all = await replicas(2);
    const [a, b] = all;
    await a.resilient.plan(one!, a.now + 1_000);
    await pass(all, 1_000);
    await b.due(10, b.resilient);
    await b.resilient.plan(one!, b.now + 60_000);
    a.resilient.noteDemand(one!, a.now + 60_000);
    await pass(all, grace);
    expect(await redis.cost(() => a.resilient.takeDue(10, 0))).toEqual({ evalsha: 1, time: 1, zrange: 1 });
  });

  it('is not led into a tight loop by demand for a token whose renewal fails', async () => {
    const [a] = await replicas(1);
    a.resilient.noteDemand(one!, a.now);
    await redis.cutOff(a.parts);
    a.parts.clock.advance(grace);
    expect(await a.due(10, a.resilient)).toEqual(['a']);
    await a.resilient.plan(one!, a.now + 30_000);
    a.resilient.noteDemand(one!, a.now - 1_000);
    a.parts.clock.advance(30_000);
    expect(await a.due(10, a.resilient)).toEqual([]);
    a.parts.clock.advance(grace);
    expect(await a.due(10, a.resilient)).toEqual(['a']);
  });
});
