import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { BrokerProcess } from '#test/broker-process.js';
import { metricValue } from '#test/metric-value.js';
import { MovableClock } from '#test/movable-clock.js';
import { RedisServer } from '#test/redis-server.js';
import { type Replicas, runningReplicas } from '#test/replicas.js';
import { TcpProxy } from '#test/tcp-proxy.js';
import { until } from '#test/until.js';

const minutes = 60;

interface TokenSource {
  url: string;
  /** Whether it answers 503. */
  isDown: boolean;
  /** When each token ends: milliseconds of `performance.now()`. */
  readonly ends: Map<string, number>;
}

/** Issues opaque tokens: nothing in them says when they end. @param lifetime seconds */
async function tokenSource(lifetime: number): Promise<TokenSource> {
  const source: TokenSource = { url: '', isDown: false, ends: new Map() };
  const server = createServer((request, response) => {
    request.resume().once('end', () => {
      if (source.isDown) return void response.writeHead(503).end();
      const token = `opaque-${source.ends.size}`;
      source.ends.set(token, performance.now() + lifetime * 1_000);
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ access_token: token, token_type: 'Bearer', expires_in: lifetime }));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  source.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`;
  return source;
}

async function redisWith(clock: MovableClock, directives = {}): Promise<RedisServer> {
  const redis = await RedisServer.start({ environment: clock.environment, directives });
  onTestFinished(async () => {
    await redis.stop();
    clock.remove();
  });
  return redis;
}

/** Replicas, none at first, whose tokens are opaque. */
function replicasOf({ url }: TokenSource, redis: string): Promise<Replicas> {
  return runningReplicas({ count: 0, redis: { url: redis }, client: { tokenEndpoint: url } });
}

/** A token that this replica gives, which must be alive, and say so truly. */
async function aliveToken(broker: BrokerProcess, key: string, { ends }: TokenSource, scopes = 'a') {
  const { status, body } = await broker.get(`/token?scopes=${scopes}`, key);
  const token = String(body['access_token']);
  const left = (ends.get(token) ?? 0) - performance.now();
  expect(status).toBe(200);
  expect(left).toBeGreaterThan(0);
  // The value in the response was rounded down, and is a moment old.
  expect(Number(body['expires_in']) * 1_000).toBeLessThanOrEqual(left + 1_000);
  return token;
}

const skewOf = async (broker: BrokerProcess) =>
  metricValue(await broker.metrics(), 'token_broker_clock_skew_seconds{client="",peer="redis"}') ??
  metricValue(await broker.metrics(), 'token_broker_clock_skew_seconds{peer="redis"}');

describe('a Redis whose clock', () => {
  it('is set back by 5 minutes makes no token live longer, at no replica, and it is said', async () => {
    const clock = new MovableClock();
    const redis = await redisWith(clock);
    const source = await tokenSource(100);
    const { another, key } = await replicasOf(source, redis.url);
    const brokers = [await another(), await another()];
    const before = await aliveToken(brokers[0]!, key, source);
    clock.move(-5 * minutes);
    brokers.push(await another());
    for (const broker of brokers) await aliveToken(broker, key, source);
    await brokers[0]!.logged(({ msg }) => String(msg).startsWith('the clock of Redis was set back'));
    for (const broker of brokers) {
      expect(await aliveToken(broker, key, source)).toBe(before);
      const isMeasured = async () => Math.abs(((await skewOf(broker)) ?? 0) + 5 * minutes) < 5;
      await until(isMeasured, 'the replica has measured the clock of Redis at its tick');
    }
  });

  it('is set back while no replica runs has no dead token served after their start', async () => {
    const clock = new MovableClock();
    const redis = await redisWith(clock);
    const source = await tokenSource(6);
    const { another, key } = await replicasOf(source, redis.url);
    const former = await another();
    const dead = await aliveToken(former, key, source);
    await former.stop();
    clock.move(-5 * minutes);
    await pause(source.ends.get(dead)! - performance.now());
    expect(await aliveToken(await another(), key, source)).not.toBe(dead);
  });

  it.each([
    ['back', -5 * minutes],
    ['forward', 5 * minutes],
  ])('is set %s by 5 minutes (%i s) does not stretch a cool-down', async (_, by) => {
    const clock = new MovableClock();
    const redis = await redisWith(clock);
    const source = await tokenSource(100);
    const { another, key } = await replicasOf(source, redis.url);
    const brokers = [await another(), await another()];
    source.isDown = true;
    expect((await brokers[0]!.get('/token?scopes=a', key)).status).toBe(503);
    clock.move(by);
    source.isDown = false;
    const isServed = async () => {
      const answers = await Promise.all(brokers.map((broker) => broker.get('/token?scopes=a', key)));
      return answers.every(({ status }) => status === 200);
    };
    await until(isServed, 'the cool-down is over', 60_000);
  });
});

describe('a failover to a Redis whose clock is 5 minutes behind', () => {
  it('makes no token live longer, also at replicas that are restarted', async () => {
    const source = await tokenSource(100);
    const primary = await RedisServer.start();
    onTestFinished(() => primary.stop());
    const behind = await redisWith(new MovableClock(-5 * minutes), {
      replicaof: `127.0.0.1 ${primary.port}`,
      'repl-diskless-sync-delay': 0,
    });
    const isLinked = async () =>
      String(await behind.command('INFO', 'replication')).includes('master_link_status:up');
    await until(isLinked, 'it replicates');
    const proxy = await TcpProxy.start(primary.port);
    onTestFinished(() => proxy.stop());
    const { another, key } = await replicasOf(source, `redis://127.0.0.1:${proxy.port}/0`);
    const broker = await another();
    const before = await aliveToken(broker, key, source);
    await primary.command('WAIT', 1, 1_000);
    await behind.command('REPLICAOF', 'NO', 'ONE');
    proxy.targetPort = behind.port;
    proxy.cut();
    proxy.heal();
    const restarted = await another();
    for (const one of [broker, restarted]) expect(await aliveToken(one, key, source)).toBe(before);
    await broker.logged(({ msg }) => String(msg).startsWith('the clock of Redis was set back'));
    for (const one of [broker, restarted]) expect(await aliveToken(one, key, source)).toBe(before);
  });
});
