import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { BrokerProcess } from '#test/broker-process.js';
import type { LoadAnswers } from '#test/load-answers.js';
import type { RedisServer } from '#test/redis-server.js';
import {
  allTell,
  eachHasNewToken,
  expectOneRequestPerRenewal,
  generationsIn,
} from '#test/replicas-under-load.js';
import { runningReplicas, scopeSets, shortLived } from '#test/replicas.js';
import { SteadyLoad } from '#test/steady-load.js';
import { until } from '#test/until.js';

/** Milliseconds from one renewal to the next of a replica that is alone: its own schedule runs 5 s late on purpose. */
const earliestAlone = 0.18 * 12_000 + 5_000;

/** How it answers those scope sets for which it has no token. */
async function refusalsOf(broker: BrokerProcess, scopes: readonly string[], key: string): Promise<unknown[]> {
  const path = (set: string) => `/token?scopes=${encodeURIComponent(set)}`;
  const replies = await Promise.all(scopes.map((set) => broker.get(path(set), key)));
  return replies.filter(({ status }) => status !== 200).map(({ body }) => body['error']);
}

/** Whoever has got a new token gets no older one from another replica. */
function expectInStep(answers: LoadAnswers): void {
  expect(answers.steppedBack({ grace: answers.grace })).toEqual([]);
}

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
  });

  it('share their renewals again after Redis was killed and came back empty', async () => {
    const replicas = await runningReplicas(shortLived);
    const { server, brokers, redis, key } = replicas;
    const load = SteadyLoad.on(brokers, { key });
    await load.rounds(2);
    await redis.kill('SIGKILL');
    await eachHasNewToken(load, brokers);
    await redis.restart();
    await allTell('in Redis', brokers);
    // What each renewed for itself, twice at the most, and once more when the outage ended in the middle of that.
    expect(server.counts.total).toBeLessThanOrEqual(1 + 3 * 3);
    const together = await expectOneRequestPerRenewal(replicas, load);
    const answers = await load.stop();
    expect(answers.failures).toEqual([]);
    expect(answers.wrong).toEqual([]);
    expect(answers.steppedBack({ perReplica: true })).toEqual([]);
    expectInStep(answers.since(together));
  });

  it('renew each for itself, within its own budget, when Redis is killed for good', async () => {
    const client = { ...shortLived.client, maxTokenRequestsPerMinute: 24 };
    const replicas = await runningReplicas({ ...shortLived, client });
    const { server, brokers, redis, key } = replicas;
    const load = SteadyLoad.on(brokers, { key });
    await load.rounds(2);
    await redis.kill('SIGKILL');
    const [killed, before] = [performance.now(), server.counts.total];
    await allTell('in memory, Redis is down', brokers);
    await eachHasNewToken(load, brokers);
    await eachHasNewToken(load, brokers);
    const lives = (performance.now() - killed) / earliestAlone;
    const answers = await load.stop();
    expect(server.counts.byScopeSet['a']).toBeLessThanOrEqual(before + 3 * Math.ceil(lives));
    expect(server.counts.maxInFlightPerKey).toBeLessThanOrEqual(3);
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
  });

  it.each([
    [
      'is frozen for some seconds',
      async (redis: RedisServer) => {
        await redis.kill('SIGSTOP');
        await sleep(2_500);
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
  ])('answer from memory, and fast, while Redis %s', async (_what, hang) => {
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
  });

  it('renew while Redis is frozen, and go on together afterwards', async () => {
    const replicas = await runningReplicas(shortLived);
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
    expectInStep(answers.since(together));
  });

  it('go on together after FLUSHALL', async () => {
    const replicas = await runningReplicas(shortLived);
    const { server, brokers, redis, key } = replicas;
    const load = SteadyLoad.on(brokers, { key });
    await load.rounds(2);
    await redis.command('FLUSHALL');
    await expectOneRequestPerRenewal(replicas, load);
    const answers = await load.stop();
    expect(answers.failures).toEqual([]);
    expect(answers.wrong).toEqual([]);
    expectInStep(answers);
    expect(server.counts.total).toBe(answers.tokens.length);
  });
});
