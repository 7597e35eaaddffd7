import { EventEmitter } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { aclAdvice, aclRules, outdatedVersion, watchVersion } from '#redis/connection/server-requirements.js';
import type { RedisClient } from '#redis/connection/redis-connections.js';
import { metricValue } from '#test/metric-value.js';
import { RedisServer } from '#test/redis-server.js';
import { type Replicas, runningReplicas, shortLived } from '#test/replicas.js';
import { until } from '#test/until.js';

const password = 'not-a-real-password';

/** Two replicas that log in as a user with these rules. */
async function replicasAs(rules: string): Promise<Replicas & { redis: RedisServer }> {
  const redis = await RedisServer.start();
  onTestFinished(() => redis.stop());
  await redis.command('ACL', 'SETUSER', 'broker', 'on', `>${password}`, ...rules.split(' '));
  const url = `redis://broker:${password}@127.0.0.1:${redis.port}/0`;
  return { ...(await runningReplicas({ ...shortLived, count: 2, redis: { url } })), redis };
}

const storeOf = async (management: string) =>
  ((await (await fetch(`${management}/readyz`)).json()) as { parts: { tokens: string } }).parts.tokens;

const storeLines = (lines: readonly Record<string, unknown>[]) =>
  lines.filter(({ msg }) => String(msg).startsWith('Redis'));

describe('an ACL user of Redis', () => {
  it('needs no more than the documented rules', { timeout: 60_000 }, async () => {
    const { brokers, key, server, redis } = await replicasAs(aclRules('token-broker'));
    for (const broker of brokers) {
      expect((await broker.get('/token?scopes=a', key)).status).toBe(200);
      await broker.reject({ client: 'many', scopes: 'a', token: 'not-a-real-token' }, key);
      expect((await fetch(`${broker.management}/api/tokens`)).status).toBe(200);
    }
    server.misbehave({ scope: 'b', answer: { status: 503 } });
    await brokers[0]!.get('/token?scopes=b', key);
    await until(async () => server.counts.byScopeSet['a']! >= 3, 'renewed by the schedule');
    const log = (await redis.command('ACL', 'LOG')) as unknown[];
    expect(log).toEqual([]);
    for (const { lines, management } of brokers) {
      expect(await storeOf(management)).toBe('in Redis');
      expect(storeLines(lines)).toEqual([]);
    }
  });

  it('without channels is said to lack them, once, and is no outage', { timeout: 60_000 }, async () => {
    const { brokers, key } = await replicasAs('~* +@all resetchannels');
    const [broker] = brokers as [(typeof brokers)[0]];
    const line = await broker.logged(({ msg }) => String(msg).startsWith('Redis'));
    expect(line['msg']).toContain(aclAdvice('token-broker'));
    expect(line['reason']).toBe('NOPERM');
    await new Promise((resolve) => setTimeout(resolve, 6_000));
    expect((await broker.get('/token?scopes=a', key)).status).toBe(200);
    expect(storeLines(broker.lines)).toHaveLength(1);
    expect(await storeOf(broker.management)).not.toContain('down');
    expect(metricValue(await broker.metrics(), 'token_broker_store_up')).toBe(1);
    expect(broker.errorOutput).toBe('');
  });

  it(
    'that loses a command while replicas run makes the store degraded, until it is back',
    { timeout: 60_000 },
    async () => {
      const { brokers, key, redis } = await replicasAs('~* &* +@all');
      const [broker] = brokers as [(typeof brokers)[0]];
      expect((await broker.get('/token?scopes=a', key)).status).toBe(200);
      await redis.command('ACL', 'SETUSER', 'broker', '-zadd', '-set');
      const degraded = 'in Redis, which refuses writes';
      await until(async () => (await storeOf(broker.management)) === degraded, 'it is degraded');
      expect((await broker.get('/token?scopes=b', key)).status).toBe(200);
      await redis.command('ACL', 'SETUSER', 'broker', '+zadd', '+set');
      await until(async () => (await storeOf(broker.management)) === 'in Redis', 'it works again');
      await broker.logged(({ msg }) => msg === 'Redis is back');
      expect(storeLines(broker.lines).map(({ reason }) => reason)).toEqual(['NOPERM', undefined]);
    },
  );
});

describe('a Redis that refuses writes', () => {
  it('is degraded, and costs no token request for each replica', { timeout: 80_000 }, async () => {
    const { brokers, key, redis, server } = await runningReplicas({ count: 3 });
    for (const broker of brokers) await broker.get('/token?scopes=a', key);
    await redis.command('CONFIG', 'SET', 'maxmemory', 1);
    await until(
      async () =>
        (await Promise.all(brokers.map((one) => storeOf(one.management)))).every((state) =>
          /refuses/.test(state),
        ),
      'all are degraded',
    );
    // What is in Redis is served from there, and nothing is asked for again.
    for (let n = 0; n < 20; n++) {
      expect((await brokers[n % 3]!.get('/token?scopes=a', key)).status).toBe(200);
    }
    expect(server.counts.total).toBe(1);
    for (const { lines } of brokers) expect(storeLines(lines).length).toBeLessThanOrEqual(2);
    await redis.command('CONFIG', 'SET', 'maxmemory', 0);
    await until(
      async () =>
        (await Promise.all(brokers.map((one) => storeOf(one.management)))).every(
          (state) => state === 'in Redis',
        ),
      'all have recovered',
    );
    await Promise.all(brokers.map((one) => one.get('/token?scopes=b', key)));
    expect(server.counts.byScopeSet['b']).toBe(1);
  });
});

describe('the version of a server that comes up after the broker', () => {
  it.each([
    [
      '# Server\r\nredis_version:6.0.16\r\n',
      [expect.stringContaining('is Redis 6.0.16; 6.2 or newer is needed')],
    ],
    ['# Server\r\nredis_version:7.2.4\r\n', []],
  ])('is checked with each new connection: %j', async (info, messages) => {
    const redis = Object.assign(new EventEmitter(), { info: async () => info });
    const said: string[] = [];
    watchVersion(redis as unknown as RedisClient, (message) => said.push(message));
    redis.emit('ready');
    await new Promise(setImmediate);
    expect(said).toEqual(messages);
  });
});

describe('the version of the server', () => {
  const saying = (text: string) => ({ info: async () => text }) as unknown as RedisClient;

  it.each([
    ['# Server\r\nredis_version:6.0.16\r\n', '6.0.16'],
    ['redis_version:5.0.3\r\nos:Linux', '5.0.3'],
    ['# Server\r\nredis_version:6.2.0\r\n', undefined],
    ['# Server\r\nredis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.0.1', undefined],
    ['no version at all', undefined],
  ])('in %j is outdated when it is below 6.2: %s', async (info, outdated) => {
    expect(await outdatedVersion(saying(info))).toBe(outdated);
  });
});
