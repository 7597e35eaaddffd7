import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { BrokerProcess } from '#test/broker-process.js';
import { proxyTo, replicaBehind } from '#test/parted-replica.js';
import { allTell, eachHasNewToken, expectOneRequestPerRenewal } from '#test/replicas-under-load.js';
import { runningReplicas, shortLived } from '#test/replicas.js';
import { SteadyLoad } from '#test/steady-load.js';
import type { TcpProxy } from '#test/tcp-proxy.js';
import { until } from '#test/until.js';

/** Milliseconds: a second for the circuit breaker and one for the heartbeats, at the most, and what a slow machine adds. */
const soon = 3_000;

/** A token that nobody has had, by way of a consumer who insists on a whole life. */
async function renewedBy(broker: BrokerProcess, key: string): Promise<string> {
  await sleep(1_100);
  const { body } = await broker.get('/token?scopes=a&min_ttl=59', key);
  return String(body['access_token']);
}

async function hasToken(broker: BrokerProcess, token: string, key: string): Promise<boolean> {
  return (await broker.get('/token?scopes=a', key)).body['access_token'] === token;
}

describe('one of three replicas', () => {
  it.each([
    ['is cut off', (proxy: TcpProxy) => proxy.cut()],
    ['has its packets swallowed', (proxy: TcpProxy) => proxy.blackHole()],
  ])('serves on while it %s from Redis, and learns soon after what it missed', async (_how, part) => {
    const replicas = await runningReplicas({ count: 2, server: { lifetime: 60 } });
    const { server, brokers, key } = replicas;
    const proxy = await proxyTo(replicas);
    const apart = await replicaBehind(proxy, replicas);
    const load = SteadyLoad.on([...brokers, apart], { key });
    await load.rounds(2);
    let token = '';
    const times: number[] = [];
    // What a busy machine adds is not the same each time.
    while (times.length < 3 && !times.some((time) => time < soon)) {
      part(proxy);
      await allTell('in memory, Redis is down', [apart]);
      token = await renewedBy(brokers[0]!, key);
      await load.rounds(2);
      const healedAt = performance.now();
      proxy.heal();
      await until(() => hasToken(apart, token, key), 'it has the new token');
      times.push(performance.now() - healedAt);
    }
    expect(Math.min(...times)).toBeLessThan(soon);
    const since = performance.now();
    await load.rounds(2);
    const answers = await load.stop();
    expect(answers.failures).toEqual([]);
    expect(answers.wrong).toEqual([]);
    expect(answers.since(since).tokens).toEqual([token]);
    expect(answers.from(apart).steppedBack()).toEqual([]);
    expect(server.counts.total).toBe(1 + times.length);
  });

  it('looks in Redis first when it no longer hears of new tokens', async () => {
    const replicas = await runningReplicas({ count: 2, server: { lifetime: 60 } });
    const { server, brokers, redis, key } = replicas;
    const proxy = await proxyTo(replicas);
    const deaf = await replicaBehind(proxy, replicas);
    const load = SteadyLoad.on([...brokers, deaf], { key });
    await load.rounds(2);
    const subscribers = String(await redis.command('CLIENT', 'LIST', 'TYPE', 'pubsub'));
    for (const [, port] of subscribers.matchAll(/ addr=127\.0\.0\.1:(\d+)/g))
      proxy.blackHoleFrom(Number(port));
    const token = await renewedBy(brokers[0]!, key);
    await load.rounds(2);
    const answers = await load.stop();
    expect(answers.failures).toEqual([]);
    expect(answers.steppedBack({ grace: 1_500 })).toEqual([]);
    expect(await hasToken(deaf, token, key)).toBe(true);
    expect(server.counts.total).toBe(2);
  });
});

describe('all three replicas', () => {
  it.each([
    ['are cut off', (proxy: TcpProxy) => proxy.cut()],
    ['have their packets swallowed', (proxy: TcpProxy) => proxy.blackHole()],
  ])('renew each for itself while they %s from Redis, and together afterwards', async (_how, part) => {
    const replicas = await runningReplicas({ ...shortLived, count: 0 });
    const { server, key } = replicas;
    const proxy = await proxyTo(replicas);
    const brokers = await Promise.all([1, 2, 3].map(() => replicaBehind(proxy, replicas)));
    const load = SteadyLoad.on(brokers, { key });
    await load.rounds(2);
    part(proxy);
    await eachHasNewToken(load, brokers);
    proxy.heal();
    await allTell('in Redis', brokers);
    expect(server.counts.total).toBeLessThanOrEqual(1 + 3 * 3);
    const together = await expectOneRequestPerRenewal(replicas, load);
    const answers = await load.stop();
    expect(answers.failures).toEqual([]);
    expect(answers.wrong).toEqual([]);
    expect(answers.steppedBack({ perReplica: true })).toEqual([]);
    const inStep = answers.since(together);
    expect(inStep.steppedBack({ grace: inStep.grace })).toEqual([]);
  });
});
