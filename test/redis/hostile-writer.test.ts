import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { RedisRenewalHistory } from '#redis/history/redis-renewal-history.js';
import { RedisSigningKeyStore } from '#redis/keys/redis-signing-key-store.js';
import { ReplicaRegistry } from '#redis/channel/replica-registry.js';
import type { RedisKeys } from '#redis/connection/redis-keys.js';
import { RedisCooldownStore } from '#redis/cooldowns/redis-cooldown-store.js';
import { AcceptedCredentials } from '#redis/tokens/accepted-credentials.js';
import { Purge } from '#redis/tokens/purge.js';
import type { CooldownTarget } from '#tokens/ports/cooldown-store.js';
import { UpstreamFailure } from '#tokens/model/failures.js';
import { ScopeSet } from '#tokens/model/scope-set.js';
import { leaseOf } from '#test/leases.js';
import { metricValue } from '#test/metric-value.js';
import { type Replicas, runningReplicas } from '#test/replicas.js';
import { someToken } from '#test/some-token.js';
import { someClient } from '#test/the.js';
import { until } from '#test/until.js';
import { SomeRedis, type SomeRedisParts } from './some-redis-parts.js';
import { budgetOn } from './some-budget.js';
import { ReplicaLock } from './some-locks.js';
import { SomeReplica } from './some-replica.js';
import { SomeSchedule } from './some-schedule.js';

const client = someClient({ maxTokenRequestsPerMinute: 60 });
const request = client.request(ScopeSet.parse('a'));
const failure = new UpstreamFailure('unavailable', 'it is down');
const years = 1_000 * 365 * 86_400_000;
const cooldownTarget: CooldownTarget = { scope: 'client', client: client.identity };
const ofQuota = someClient({ quotas: { perMonth: 1_000 }, clientId: 'limited' });
const junk = 'x'.repeat(20_000_000);
const soon = () => Date.now() + 60_000;
const purged = ({ parts }: SomeSchedule) => new Purge(parts, () => undefined).run();

let redis: SomeRedis;
const opened: { stop(): Promise<void> }[] = [];

beforeAll(async () => {
  redis = await SomeRedis.start();
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one.stop()));
  await redis.reset();
});
afterAll(() => redis.stop());

async function someReplica(): Promise<SomeReplica> {
  const replica = await SomeReplica.start(redis.server.url);
  opened.push(replica);
  return replica;
}

async function someLock(): Promise<ReplicaLock> {
  const lock = await ReplicaLock.start({ url: redis.server.url });
  opened.push(lock);
  return lock;
}

/** Milliseconds: what the clock of Redis shows is known as well as a round trip tells. */
const clockError = 1_000;

/** Of a month, half a day each. */
const slotOf = (now: number) => Math.floor(now / (12 * 3_600_000));

/** As the lock gives them. */
const generationAt = (wallTime: number) => wallTime * 1_024;

/** A token of which so many milliseconds have passed, in Redis. */
async function putToken({ store, clock, keys }: SomeReplica, age: number, lifetime = 3_600_000) {
  const now = clock.now();
  const token = someToken(now - age, {
    generation: generationAt(Date.now() - age),
    expiresAt: now - age + lifetime,
  });
  await store.put(request, token);
  const key = keys.token(request.key);
  return { key, token, entry: (await redis.server.client.getBuffer(key))! };
}

describe('someone who can write to Redis', () => {
  it('makes no token live longer: one that has expired is removed, whatever its PX says', async () => {
    const replica = await someReplica();
    const { key, entry } = await putToken(replica, 3_599_500);
    await until(async () => (await redis.server.client.exists(key)) === 0, 'the token has expired');
    await redis.server.client.set(key, entry, 'PX', 10 * 365 * 86_400_000);
    expect(await replica.store.get(request)).toBeUndefined();
    expect(replica.unreadable).toEqual([request]);
    expect(await redis.server.client.exists(key)).toBe(0);
  });

  it('makes no token seem younger than it is', async () => {
    const replica = await someReplica();
    const { key, entry } = await putToken(replica, 3_000_000);
    await redis.server.client.set(key, entry, 'PX', 10 * 365 * 86_400_000);
    const read = (await replica.store.get(request))!;
    expect(read.remaining(replica.clock.now())).toBeLessThanOrEqual(600_000 + clockError);
  });

  it('puts no older token back over one that a replica knows', async () => {
    const replica = await someReplica();
    const { key, entry } = await putToken(replica, 60_000);
    const { token } = await putToken(replica, 1_000);
    await redis.server.client.set(key, entry, 'PX', 3_000_000);
    expect((await replica.store.get(request, token))?.generation).toBe(token.generation);
    expect((await replica.store.read(request))?.generation).toBe(token.generation);
  });

  it('prolongs no token by a message that is published again with another life', async () => {
    const replica = await someReplica();
    const { entry, token } = await putToken(replica, 3_500_000);
    const copy = { record: entry.subarray(16), life: 10 * years, until: Date.now() + 10 * years };
    const prolonged = replica.store.open(request, { key: request.key, generation: token.generation, copy });
    expect(prolonged!.remaining(replica.clock.now())).toBeLessThanOrEqual(100_000 + clockError);
  });

  it.each([
    ['the highest of all', 'f'.repeat(16)],
    ['near 2^53', (2 ** 53 - 1).toString(16).padStart(16, '0')],
  ])('blocks no write by a generation to come (%s)', async (_, generation) => {
    const replica = await someReplica();
    const key = replica.keys.token(request.key);
    await redis.server.client.set(key, `${generation}junk`, 'PX', 60_000);
    const { token } = await putToken(replica, 0);
    expect((await replica.store.read(request))?.generation).toBe(token.generation);
    replica.near.put(request, token);
    replica.nearCopies.apply({ key: request.key, generation: 2 ** 53 - 1, copy: undefined });
    expect(replica.near.get(request)).toBe(token);
  });

  it.each<
    [string, (keys: RedisKeys) => string, (parts: SomeRedisParts, replica: SomeReplica) => Promise<unknown>]
  >([
    ['a token', (keys) => keys.token(request.key), (_, { store }) => store.get(request)],
    [
      'a cool-down',
      (keys) => keys.cooldown(client.identity, 'client'),
      (parts) => new RedisCooldownStore(parts, () => true).admit([cooldownTarget], 1_000),
    ],
    [
      'the mark of cool-downs',
      (keys) => keys.anyCooldown(client.identity),
      (parts) => new RedisCooldownStore(parts, () => true).admit([cooldownTarget], 1_000),
    ],
    [
      'the counters of a budget',
      (keys) => keys.budget(client.identity, Math.floor(Date.now() / 10_000 / 1_440)),
      (parts) => budgetOn(parts).take(request, { trigger: 'schedule' }),
    ],
    [
      'what is used of quotas',
      (keys) => keys.quota(ofQuota.account),
      (parts) => budgetOn(parts).take(ofQuota.request(ScopeSet.parse('a')), { trigger: 'schedule' }),
    ],
    [
      'a withdrawal',
      (keys) => keys.withdrawn(client.identity),
      (_, { withdrawals }) => withdrawals.catchUp([client]),
    ],
    [
      'signing keys',
      (keys) => keys.signingKeys('one'),
      async (parts) => {
        const store = new RedisSigningKeyStore(parts);
        await expect(store.read('one')).rejects.toThrow('no encryption key opens');
        expect(await store.replace('one', undefined, 'keys')).toBe(false);
      },
    ],
    [
      'the history of a token',
      (keys) => keys.history('one'),
      (parts) => new RedisRenewalHistory(parts).of(['one']),
    ],
    [
      'an accepted credential',
      (keys) => keys.acceptedCredential('one'),
      async (parts) => {
        const accepted = new AcceptedCredentials(parts);
        const names = await parts.redis.keys('*');
        await accepted.note(client);
        const own = (await parts.redis.keys('*')).find((name) => !names.includes(name));
        await parts.redis.rename(parts.keys.acceptedCredential('one'), own!);
        expect(await accepted.of(client)).toBeUndefined();
      },
    ],
    [
      'a lock',
      (keys) => keys.lock(request.key),
      async () => {
        const { lock } = await someLock();
        expect((await lock.acquire(request)).outcome).toBe('held');
      },
    ],
  ])('makes no replica read a value of 100 MB: %s', async (_, keyOf, read) => {
    const replica = await someReplica();
    const parts = await redis.parts();
    const key = keyOf(parts.keys);
    await redis.server.command('SETRANGE', key, 100_000_000, 'x');
    await redis.server.command('PEXPIRE', key, 3_600_000);
    const before = await redis.bytesSent();
    await read(parts, replica);
    expect((await redis.bytesSent()) - before).toBeLessThan(500_000);
  });

  it.each<[string, (keys: RedisKeys) => (string | number)[], (one: SomeSchedule) => Promise<unknown>]>([
    [
      'a member that is due',
      ({ scheduleDue }) => ['ZADD', scheduleDue, 0, junk],
      ({ schedule }) => schedule.takeDue(10, 0),
    ],
    [
      'a member that is listed',
      ({ scheduleDue }) => ['ZADD', scheduleDue, soon(), junk],
      ({ schedule }) => schedule.list(10),
    ],
    [
      'a record',
      ({ scheduleRequests }) => ['HSET', scheduleRequests, request.key, junk],
      ({ schedule }) => schedule.list(10),
    ],
    [
      'a record that is purged',
      ({ scheduleRequests }) => ['HSET', scheduleRequests, request.key, junk],
      purged,
    ],
    ['a field that is purged', ({ scheduleRequests }) => ['HSET', scheduleRequests, junk, 'x'], purged],
    [
      'a replica',
      ({ replicas }) => ['ZADD', replicas, Date.now(), junk],
      ({ parts }) => new ReplicaRegistry('one', parts).seen(),
    ],
  ])('makes no replica read 20 MB of a set or hash, and removes it: %s', async (_, command, read) => {
    const one = await SomeSchedule.of(redis, client);
    await one.schedule.plan(request, one.now);
    await one.schedule.flush();
    const [name, key, ...rest] = command(one.parts.keys) as [string, string];
    await redis.server.command(name, key, ...rest);
    const [reader, before, repairs] = [
      await SomeSchedule.of(redis, client),
      await redis.bytesSent(),
      redis.repairs,
    ];
    await read(reader);
    expect((await redis.bytesSent()) - before).toBeLessThan(500_000);
    expect((await redis.server.command('MEMORY', 'USAGE', key)) ?? 0).not.toBeGreaterThan(100_000);
    expect(redis.repairs).toBe(repairs + 1);
  });

  it.each([
    ['is no request key', (n: number) => `x${n}`, '-inf'],
    ['looks like a request key', (n: number) => String(n).padStart(43, 'x'), '-inf'],
    ['looks like one, due 1970', (n: number) => String(n).padStart(43, 'x'), 5],
  ])('delays no renewal by thousands of members that are due first: each %s', async (_, member, due) => {
    const one = await SomeSchedule.of(redis, client);
    await one.schedule.plan(request, one.now);
    await one.schedule.flush();
    const members = Array.from({ length: 5_000 }, (_none, n) => [due, member(n)]).flat();
    await redis.server.command('ZADD', one.parts.keys.scheduleDue, ...members);
    expect((await one.schedule.takeDue(250, 0)).map(({ request: { key } }) => key)).toEqual([request.key]);
    expect(await redis.server.client.zcard(one.parts.keys.scheduleDue)).toBe(1);
  });

  it.each(['-inf', '-1e300', '-5', '0.25', '1e13', '+inf'])(
    'lets a list of what is planned come to its end, where many are planned for %s',
    async (instant) => {
      const one = await SomeSchedule.of(redis, client);
      await one.schedule.plan(request, one.now);
      await one.schedule.flush();
      const members = Array.from({ length: 100 }, (_, n) => [instant, String(n).padStart(43, 'x')]).flat();
      await redis.server.command('ZADD', one.parts.keys.scheduleDue, ...members);
      const found: string[] = [];
      let next: string | undefined = '';
      for (let pages = 0; next !== undefined && pages < 100; pages++) {
        const page = await one.schedule.list(7, next);
        found.push(...page.planned.map(({ request: { key } }) => key));
        next = page.next;
      }
      expect([next, found]).toEqual([undefined, [request.key]]);
    },
  );

  it('stops no client by a cool-down of 31,000 years', async () => {
    const parts = await redis.parts();
    const store = new RedisCooldownStore(parts, () => true);
    const target: CooldownTarget = { scope: 'client', client: 'c' };
    await store.failed(target, failure, () => 1_000);
    const key = parts.keys.cooldown('c', 'client');
    const record = (await redis.server.client.getBuffer(key))!.toString('latin1');
    for (const end of ['999999999999999', String(Date.now() + 4 * 3_600_000)]) {
      const longer = record.replace(/^(\d+) \d+/, `$1 ${end}`);
      await redis.server.client.set(key, Buffer.from(longer, 'latin1'), 'PX', 3_600_000);
      store.noteFailure();
      expect(await store.admit([target], 1_000)).toBeUndefined();
    }
    expect(redis.repairs).toBeGreaterThan(0);
  });

  it.each([
    [
      'more than was ever used',
      (now: number) => JSON.stringify([{ perMonth: { [slotOf(now)]: [0, 1e9] } }, null]),
    ],
    ['a ledger of another client', undefined],
    ['junk of 100 MB', () => Buffer.alloc(100_000_000)],
  ])('uses up no quota: %s', async (_title, written) => {
    const parts = await redis.parts();
    const budget = budgetOn(parts);
    const [limited, used] = [1_000, 10].map((perMonth) =>
      someClient({ quotas: { perMonth }, clientId: `c${perMonth}` }),
    );
    const take = (one: typeof client) =>
      budget.take(one.request(ScopeSet.parse('a')), { trigger: 'schedule' });
    expect(await take(limited!)).toBeUndefined();
    for (let n = 0; n < 11; n++) await take(used!);
    const theirs = await parts.redis.getBuffer(parts.keys.quota(used!.account));
    const value = written === undefined ? theirs! : written(parts.redisClock.now());
    await parts.redis.set(parts.keys.quota(limited!.account), value, 'PX', 3_600_000);

    const repairs = redis.repairs;
    expect(await take(limited!)).toBeUndefined();
    expect(redis.repairs).toBe(repairs + 1);
  });

  it('has no token dropped and revoked by a withdrawal that no replica has sealed', async () => {
    const replica = await someReplica();
    const { token } = await putToken(replica, 1_000);
    replica.near.put(request, token);
    const generation = token.generation + 1;
    const another = replica.messages.sealWithdrawal({ client: 'x'.repeat(43), generation });
    for (const withdrawn of [generation, String(generation), another.toString('base64')]) {
      const message = JSON.stringify({ key: client.identity, withdrawn });
      expect(replica.messages.parse(message)).toBeUndefined();
    }
    for (const value of [String(generation), another, Buffer.alloc(100_000)]) {
      await redis.server.client.set(replica.keys.withdrawn(client.identity), value, 'PX', 3_600_000);
      await replica.withdrawals.catchUp([client]);
    }
    expect(replica.near.get(request)).toBe(token);
    expect(await replica.store.read(request)).toBeDefined();
  });

  it('holds no lock for longer than a replica could', async () => {
    const { lock, keys, faults } = await someLock();
    await redis.server.command('SET', keys.lock(request.key), 'someone');
    const acquired = async () => (await lock.acquire(request)).outcome === 'acquired';
    await until(
      async () => {
        const acquisition = await lock.acquire(request);
        if (acquisition.outcome === 'held') await acquisition.result;
        return acquisition.outcome === 'acquired';
      },
      'the lock is free',
      15_000,
    );
    expect(faults).toContain('repair lock');
    expect(await acquired()).toBe(false);
  });

  it.each(['set to 0xff', 'of another type'])('uses up no budget by counters that are %s', async (how) => {
    const parts = await redis.parts();
    const budget = budgetOn(parts);
    const period = Math.floor(Date.now() / 10_000 / 1_440);
    const key = parts.keys.budget(client.identity, period);
    if (how === 'set to 0xff') await redis.server.client.set(key, Buffer.alloc(1_440 * 4, 0xff));
    else await redis.server.command('RPUSH', key, 'junk');
    const wait = await budget.take(request, { trigger: 'schedule' });
    // What stands in the current minute counts until that has passed; nothing beyond it does.
    expect(wait ?? 0).toBeLessThanOrEqual(80_000);
    parts.clock.advance(wait ?? 0);
    expect(await budget.take(request, { trigger: 'schedule' })).toBeUndefined();
    expect(redis.repairs).toBeGreaterThan(0);
  });

  it('breaks no schedule by infinite instants, or members that are no request', async () => {
    const one = await SomeSchedule.of(redis, client);
    const { keys } = one.parts;
    await one.schedule.plan(request, one.now);
    await one.schedule.flush();
    await redis.server.command('ZADD', keys.scheduleDue, '-inf', request.key, '-inf', 'x'.repeat(100_000));
    await redis.server.command('ZADD', keys.scheduleDemand, '+inf', request.key);
    const [due] = await one.schedule.takeDue(10, 0);
    expect(due?.request.key).toBe(request.key);
    expect(Math.abs(one.now - due!.dueAt)).toBeLessThan(1_000);
    expect(await redis.server.client.zrange(keys.scheduleDue, '0', '-1')).toEqual([request.key]);
  });

  it('delays no renewal for ever by an instant to come', async () => {
    const one = await SomeSchedule.of(redis, client);
    await one.resilient.plan(request, one.now + 1_000);
    await one.resilient.flush();
    await redis.server.command('ZADD', one.parts.keys.scheduleDue, '+inf', request.key);
    one.parts.clock.advance(20_000);
    expect(await one.due(10, one.resilient)).toEqual(['a']);
  });

  it('lists no replica that is not there', async () => {
    const parts = await redis.parts();
    await redis.server.command('ZADD', parts.keys.replicas, '+inf', 'ghost', Date.now(), 'x'.repeat(100_000));
    const registry = new ReplicaRegistry('one', parts);
    await registry.announce();
    expect((await registry.seen()).map(({ name }) => name)).toEqual(['one']);
    expect(await redis.server.client.zcard(parts.keys.replicas)).toBe(1);
  });

  it('fails no waiter by an old failure that is published again', async () => {
    const holder = await someLock();
    const lease = await leaseOf(holder.lock.acquire(request));
    const listener = redis.server.client.duplicate();
    const messages: string[] = [];
    await listener.subscribe(holder.keys.events);
    listener.on('message', (_, message: string) => messages.push(message));
    await lease.release(failure);
    await expect.poll(() => messages).toHaveLength(1);
    listener.disconnect();
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    const waiting = holder.channel.next(request.key, 10_000);
    await redis.server.command('PUBLISH', holder.keys.events, messages[0]!);
    expect(await waiting).toBeUndefined();
  });
});

describe('keys of another type', () => {
  it('are removed wherever a broker comes upon them, and counted', async () => {
    const ends: (() => Promise<unknown> | void)[] = [];
    const replicas: Replicas = await runningReplicas({ count: 1 }, (end) => ends.push(end));
    try {
      const { brokers, key, redis: server } = replicas;
      const [broker] = brokers as [(typeof brokers)[0]];
      expect((await broker.get('/token?scopes=a', key)).status).toBe(200);
      let names: string[] = [];
      await until(async () => {
        const all = (await server.command('KEYS', '*')) as string[];
        // What only a replica that starts reads is replaced whatever it is.
        names = all.filter((name) => !/:(lock|credential|derived)$/.test(name));
        return names.length >= 8;
      }, 'token, budgets, schedule, registry and history are there');
      for (const name of names) {
        await server.command('DEL', name);
        await server.command('XADD', name, '*', 'field', 'junk');
      }
      for (const scopes of ['b', 'c', 'd']) {
        expect((await broker.get(`/token?scopes=${scopes}`, key)).status).toBe(200);
      }
      const [, id] = /\{([^}]+)\}:history/.exec(names.join(' '))!;
      await until(async () => {
        await fetch(`${broker.management}/api/tokens/history?ids=${id}`);
        const types = await Promise.all(names.map((name) => server.client.type(name)));
        return types.filter((type) => type === 'stream').length <= 1;
      }, 'all but the token that is not asked for again are repaired');
      const metric = 'token_broker_store_errors_total{operation="repair"}';
      expect(metricValue(await broker.metrics(), metric)).toBeGreaterThan(0);
    } finally {
      for (const end of ends.toReversed()) await end();
    }
  });
});
