import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { timed } from '#test/process-time.js';
import { anyValid } from '#tokens/model/demand.js';
import { UpstreamFailure } from '#tokens/model/failures.js';
import { ScopeSet } from '#tokens/model/scope-set.js';
import { TokenCache } from '#tokens/token-cache.js';
import { TokenStore } from '#tokens/ports/token-store.js';
import type { TokenRequest } from '#tokens/model/token-request.js';
import type { Token } from '#tokens/model/token.js';
import { WireTap } from '#test/everything-in-redis.js';
import { RedisServer } from '#test/redis-server.js';
import { until } from '#test/until.js';
import { RecordedEvents } from '#test/some-broker.js';
import { someToken } from '#test/some-token.js';
import { TcpProxy } from '#test/tcp-proxy.js';
import { someClient } from '#test/the.js';
import { SomeReplica } from './some-replica.js';

const request = someClient().request(ScopeSet.parse('api:partner'));
const failure = new UpstreamFailure('scope_refused', 'the scope is refused', { retryAfter: 60_000 });
const replicas: SomeReplica[] = [];
let server: RedisServer;
let proxy: TcpProxy;

beforeAll(async () => {
  server = await RedisServer.start();
});
beforeEach(async () => {
  await server.command('FLUSHALL');
  proxy = await TcpProxy.start(server.port);
});
afterEach(async () => {
  await proxy.stop();
  await Promise.all(replicas.splice(0).map((replica) => replica.stop()));
});
afterAll(() => server.stop());

/** One that listens and is trusted. */
async function someReplica(url = server.url): Promise<SomeReplica> {
  const replica = await SomeReplica.start(url);
  replicas.push(replica);
  replica.channel.open();
  await until(async () => replica.channel.isLive, 'the channel is trusted');
  return replica;
}

const behindProxy = () => someReplica(`redis://127.0.0.1:${proxy.port}`);

const token = (replica: SomeReplica, generation: number) => someToken(replica.clock.now(), { generation });

/** That a token of this generation has come, without the token. */
const newsOf = ({ messages }: SomeReplica, generation: number) =>
  messages.tokenMessage({ key: request.key, generation, copy: undefined });

/** Milliseconds until the replica says that it trusts the channel, or does no more. */
async function timeUntil(replica: SomeReplica, trusted: boolean): Promise<number> {
  const waiting = until(async () => replica.channel.isLive === trusted, `trusted is ${trusted}`);
  return (await timed(waiting)).took;
}

/** The next time that its subscriber loses the connection. */
const lost = ({ connections }: SomeReplica) =>
  new Promise((resolve) => void connections.subscriber.once('close', resolve));

describe('OutcomeChannel', () => {
  it('brings one failure to a thousand who wait on another replica', async () => {
    const [one, other] = [await someReplica(), await someReplica()];
    const waiting = Array.from({ length: 1_000 }, () => other.channel.next(request.key, 10_000));
    const message = one.messages.failureMessage(request.key, failure, one.redisClock.now());
    await server.command('PUBLISH', one.keys.events, message);
    const outcomes = await Promise.all(waiting);
    const { code, retryAfter } = failure;
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ code, retryAfter, message: failure.message });
    }
  });

  it('sends those who wait to the store when a token has come', async () => {
    const [one, other] = [await someReplica(), await someReplica()];
    const waiting = other.channel.next(request.key, 10_000);
    await one.store.put(request, token(one, 1));
    expect(await waiting).toBeUndefined();
    expect((await other.store.get(request))?.generation).toBe(1);
  });

  it('brings a new token into the memory of all replicas that have an older one', async () => {
    const all = await Promise.all(Array.from({ length: 3 }, () => someReplica()));
    const [one] = all as [SomeReplica];
    for (const replica of all.slice(0, 2)) await replica.near.put(request, token(replica, 1));
    const told = all.map((replica) => replica.channel.next(request.key, 10_000));
    await one.near.put(request, token(one, 2));
    await one.store.put(request, token(one, 2));
    await Promise.all(told);
    const generations = all.map(async ({ near }) => (await near.get(request))?.generation);
    expect(await Promise.all(generations)).toEqual([2, 2, undefined]);
  });

  it('sends those who wait to the store when a renewal is over, and drops no near copy for that', async () => {
    const [one, other] = [await someReplica(), await someReplica()];
    await other.near.put(request, token(other, 1));
    const waiting = other.channel.next(request.key, 10_000);
    await server.command('PUBLISH', one.keys.events, one.messages.noChangeMessage(request.key));
    expect(await waiting).toBeUndefined();
    expect((await other.near.get(request))?.generation).toBe(1);
  });

  it('keeps no old near copy, though reads that overlap with the news bring one', async () => {
    const [one, other] = [await someReplica(), await someReplica()];
    for (let generation = 1; generation <= 50; generation++) {
      const late = new LateReplies(other.store);
      const cache = new TokenCache(other.near, late, other.clock, new RecordedEvents());
      const reading = Array.from({ length: 8 }, () => cache.find(request, anyValid()));
      await until(async () => late.held === 1, 'all have read, together');
      const told = other.channel.next(request.key, 10_000);
      await one.store.put(request, token(one, generation));
      await told;
      late.arrive();
      await Promise.all(reading);
      expect(await other.near.get(request)).toBeUndefined();
    }
  });

  it('goes on with those who wait when it is closed', async () => {
    const replica = await someReplica();
    const waiting = replica.channel.next(request.key, 60_000);
    replica.channel.close();
    expect(await waiting).toBeUndefined();
    expect(replica.channel.isLive).toBe(false);
  });

  it('hears nothing of brokers with another prefix, and is not put off by junk', async () => {
    const replica = await someReplica();
    await server.command('PUBLISH', 'other:events', newsOf(replica, 2));
    await server.command('PUBLISH', replica.keys.events, 'junk');
    await replica.near.put(request, token(replica, 1));
    const told = replica.channel.next(request.key, 10_000);
    await server.command('PUBLISH', replica.keys.events, newsOf(replica, 1));
    await told;
    expect((await replica.near.get(request))?.generation).toBe(1);
    expect(replica.trust).toEqual([true]);
  });
});

describe('the trust in the channel', () => {
  it('rests on heartbeats that no other replica hears', async () => {
    const tap = await WireTap.on(server);
    const both = [await someReplica(), await someReplica()];
    const beats = () => tap.text.match(/said on \S+:events\S*: heartbeat/g) ?? [];
    await until(async () => beats().length >= 6, 'there are heartbeats');
    tap.close();
    expect(new Set(beats()).size).toBe(both.length);
    expect(tap.text).not.toContain(`said on ${both[0]!.keys.events}: `);
  });

  it('is gone within a second when the network swallows everything, and comes back with it', async () => {
    const [direct, replica] = [await someReplica(), await behindProxy()];
    await replica.near.put(request, token(replica, 1));
    proxy.blackHole();
    expect(await timeUntil(replica, false)).toBeLessThan(1_300);
    await direct.store.put(request, token(direct, 2));
    expect((await replica.near.get(request))?.generation).toBe(1);
    proxy.heal();
    await timeUntil(replica, true);
    expect((await replica.near.get(request))?.generation).not.toBe(1);
    expect(replica.trust).toEqual([true, false, true]);
  });

  it('comes back though the network has forgotten the connections for good', async () => {
    const replica = await behindProxy();
    const clients = () => server.command('CLIENT', 'LIST', 'TYPE', 'pubsub').then(String);
    const before = await clients();
    proxy.blackHole();
    await timeUntil(replica, false);
    await lost(replica);
    proxy.heal();
    await timeUntil(replica, true);
    expect(await clients()).not.toBe(before);
  });

  it('is gone at once with the connection, and what was missed is made up for before it comes back', async () => {
    const [direct, replica] = [await someReplica(), await behindProxy()];
    await replica.near.put(request, token(replica, 1));
    const closed = lost(replica);
    proxy.cut();
    await closed;
    expect(replica.channel.isLive).toBe(false);
    await direct.store.put(request, token(direct, 2));
    proxy.heal();
    await timeUntil(replica, true);
    expect((await replica.near.get(request))?.generation).toBe(2);
  });

  it('comes back after a restart of Redis, with all that the replicas hold put back', async () => {
    const all = await Promise.all([someReplica(), someReplica()]);
    for (const [n, replica] of all.entries()) await replica.near.put(request, token(replica, n + 1));
    const closed = all.map(lost);
    await server.restart();
    await Promise.all(closed);
    for (const replica of all) await timeUntil(replica, true);
    expect(await all[0].store.generation(request)).toBe(2);
    for (const { near } of all) expect([2, undefined]).toContain((await near.get(request))?.generation);
  });
});

/** A store whose replies arrive when a test says so. */
class LateReplies extends TokenStore {
  readonly tier = 'redis';
  held = 0;
  readonly #gate = Promise.withResolvers<void>();

  constructor(private readonly store: TokenStore) {
    super();
  }

  arrive(): void {
    this.#gate.resolve();
  }

  override async get(asked: TokenRequest): Promise<Token | undefined> {
    const found = await this.store.get(asked);
    this.held++;
    await this.#gate.promise;
    return found;
  }

  override async put(): Promise<void> {}
}
