import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { BrokerProcess } from '../support/broker-process.js';
import type { RedisServer } from '../support/redis-server.js';
import {
  allTell,
  eachHasNewToken,
  expectOneRequestPerRenewal,
  generationsIn,
} from '../support/replicas-under-load.js';
import { runningReplicas, scopeSets } from '../support/replicas.js';
import { SteadyLoad } from '../support/steady-load.js';
import { until } from '../support/until.js';

/** So that a renewal is due after some 5 s, and a caller waits for one after 7.5 s. */
const short = { lifetime: 12 };

/** How it answers those scope sets for which it has no token. */
async function refusalsOf(broker: BrokerProcess, scopes: readonly string[], key: string): Promise<unknown[]> {
  const path = (set: string) => `/token?scopes=${encodeURIComponent(set)}`;
  const replies = await Promise.all(scopes.map((set) => broker.get(path(set), key)));
  return replies.filter(({ status }) => status !== 200).map(({ body }) => body['error']);
}

/** Milliseconds in which replicas that renewed each for itself agree on the newest token, once Redis is back. */
const soon = 2_000;

describe('three replicas under load', () => {
  it('put back what they hold when Redis is killed and comes back empty, and ask for nothing', async () => {
    const replicas = await runningReplicas();
    const { server, brokers, redis, key } = replicas;
    const scopes = scopeSets(4);
    const load = SteadyLoad.on(brokers, { key, scopes });
    await load.rounds(3);
    const before = await generationsIn(redis);
    expect(before).toHaveLength(4);
    await redis.kill('SIGKILL');
    await load.rounds(3);
    await allTell('in memory, Redis is down', brokers);
    await redis.restart();
    await allTell('in Redis', brokers);
    await until(async () => (await generationsIn(redis)).length === 4, 'Redis holds the tokens again');
    await load.rounds(3);
    const answers = await load.stop();
    expect(answers.failures).toEqual([]);
    expect(answers.wrong).toEqual([]);
    expect(answers.steppedBack()).toEqual([]);
    expect(await generationsIn(redis)).toEqual(before);
    expect(server.counts.total).toBe(4);
  }, 60_000);

  it('share their renewals again after Redis was killed and came back empty', async () => {
    const replicas = await runningReplicas({ server: short });
    const { server, brokers, redis, key } = replicas;
    const load = SteadyLoad.on(brokers, { key });
    await load.rounds(2);
    await redis.kill('SIGKILL');
    await eachHasNewToken(load, brokers);
    await redis.restart();
    await allTell('in Redis', brokers);
    const agreed = performance.now() + soon;
    // What each renewed for itself, twice at the most, and once more when the outage ended in the middle of that.
    expect(server.counts.total).toBeLessThanOrEqual(1 + 3 * 3);
    await expectOneRequestPerRenewal(replicas, load);
    const answers = await load.stop();
    expect(answers.failures).toEqual([]);
    expect(answers.wrong).toEqual([]);
    expect(answers.steppedBack({ perReplica: true })).toEqual([]);
    expect(answers.since(agreed).steppedBack({ grace: 100 })).toEqual([]);
  }, 90_000);

  it('renew each for itself, within its own budget, when Redis is killed for good', async () => {
    const client = { maxTokenRequestsPerMinute: 24 };
    const replicas = await runningReplicas({ server: short, client });
    const { server, brokers, redis, key } = replicas;
    const load = SteadyLoad.on(brokers, { key });
    await load.rounds(2);
    await redis.kill('SIGKILL');
    const killed = performance.now();
    await allTell('in memory, Redis is down', brokers);
    await eachHasNewToken(load, brokers);
    await eachHasNewToken(load, brokers);
    const lives = (performance.now() - killed) / 4_800;
    const answers = await load.stop();
    expect(server.counts.byScopeSet['a']).toBeLessThanOrEqual(1 + 3 * Math.ceil(lives));
    expect(server.counts.maxInFlightAlike).toBeLessThanOrEqual(3);
    expect(answers.failures).toEqual([]);
    expect(answers.wrong).toEqual([]);
    expect(answers.steppedBack({ perReplica: true })).toEqual([]);
    const refused = await refusalsOf(brokers[0]!, scopeSets(30).slice(1), key);
    expect(refused).toEqual(refused.map(() => 'temporarily_unavailable'));
    // Half of the budget, for it is one consumer.
    expect(refused.length).toBeGreaterThanOrEqual(29 - 12);
    const served = Object.keys(server.counts.byScopeSet).length - 1;
    expect(served).toBeLessThanOrEqual(12);
    await allTell('in memory, Redis is down', brokers);
  }, 90_000);

  it.each([
    [
      'is frozen for some seconds',
      async (redis: RedisServer) => {
        await redis.kill('SIGSTOP');
        await sleep(4_000);
        await redis.kill('SIGCONT');
      },
    ],
    [
      'is paused for its clients',
      async (redis: RedisServer) => {
        await redis.command('CLIENT', 'PAUSE', 2_000, 'ALL');
        await sleep(2_000);
      },
    ],
  ])(
    'answer from memory, and fast, while Redis %s',
    async (_what, hang) => {
      const replicas = await runningReplicas();
      const { server, brokers, redis, key } = replicas;
      const load = SteadyLoad.on(brokers, { key, scopes: ['a', 'b'] });
      await load.rounds(2);
      const hangs = performance.now();
      await hang(redis);
      const meanwhile = load.answers.since(hangs);
      await allTell('in Redis', brokers);
      await load.rounds(2);
      const answers = await load.stop();
      expect(answers.failures).toEqual([]);
      expect(answers.wrong).toEqual([]);
      expect(answers.steppedBack()).toEqual([]);
      // One caller in a second finds out that Redis still hangs, for which it has half a second, and others wait with it.
      expect(meanwhile.median).toBeLessThan(200);
      expect(meanwhile.slowest).toBeLessThan(2_000);
      expect(server.counts.total).toBe(2);
    },
    60_000,
  );

  it('renew while Redis is frozen, and go on together afterwards', async () => {
    const replicas = await runningReplicas({ server: short });
    const { server, brokers, redis, key } = replicas;
    const load = SteadyLoad.on(brokers, { key });
    await load.rounds(2);
    await redis.kill('SIGSTOP');
    await eachHasNewToken(load, brokers);
    await redis.kill('SIGCONT');
    await allTell('in Redis', brokers);
    expect(server.counts.total).toBeLessThanOrEqual(1 + 3 * 3);
    const together = await expectOneRequestPerRenewal(replicas, load);
    const answers = await load.stop();
    expect(answers.failures).toEqual([]);
    expect(answers.slowest).toBeLessThan(5_000);
    expect(answers.steppedBack({ perReplica: true })).toEqual([]);
    expect(answers.since(together).steppedBack({ grace: 100 })).toEqual([]);
  }, 90_000);

  it('go on together after FLUSHALL', async () => {
    const replicas = await runningReplicas({ server: short });
    const { server, brokers, redis, key } = replicas;
    const load = SteadyLoad.on(brokers, { key });
    await load.rounds(2);
    await redis.command('FLUSHALL');
    await expectOneRequestPerRenewal(replicas, load);
    const answers = await load.stop();
    expect(answers.failures).toEqual([]);
    expect(answers.wrong).toEqual([]);
    expect(answers.steppedBack({ grace: 100 })).toEqual([]);
    expect(server.counts.total).toBe(answers.tokens.length);
  }, 60_000);
});
