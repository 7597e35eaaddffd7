import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { KeyRing } from '#redis/tokens/key-ring.js';
import { RedisCooldownStore } from '#redis/cooldowns/redis-cooldown-store.js';
import { ResilientCooldownStore } from '#redis/cooldowns/resilient-cooldown-store.js';
import type { CooldownTarget } from '#tokens/ports/cooldown-store.js';
import { UpstreamFailure } from '#tokens/model/failures.js';
import { MemoryCooldownStore } from '#tokens/memory/memory-cooldown-store.js';
import { describeCooldownStore } from '../contracts/cooldown-store.contract.js';
import { SomeRedis } from './some-redis-parts.js';
import { someEncryptionKey } from './some-replica.js';

let redis: SomeRedis;
beforeAll(async () => {
  redis = await SomeRedis.start();
});
afterEach(() => redis.reset());
afterAll(() => redis.stop());

describeCooldownStore('RedisCooldownStore', async () => {
  const parts = await redis.parts();
  return {
    cooldowns: new RedisCooldownStore(parts, () => true),
    pass: (ms: number) => parts.clock.advance(ms),
  };
});

describeCooldownStore('ResilientCooldownStore', async () => {
  const parts = await redis.parts();
  const own = new MemoryCooldownStore(parts.clock);
  const cooldowns = new ResilientCooldownStore(new RedisCooldownStore(parts, () => true), own, () => {});
  return { cooldowns, pass: (ms: number) => parts.clock.advance(ms) };
});

const request: CooldownTarget = { scope: 'request', client: 'c', name: 'r' };
const client: CooldownTarget = { scope: 'client', client: 'c' };
const credential: CooldownTarget = { scope: 'credential', client: 'c', name: 'v1' };
const all = [request, client, credential];
const failure = new UpstreamFailure('unavailable', 'down for not-a-real-scope');
const second = () => 1_000;

/** Their clocks differ by some milliseconds. */
async function someReplicas(count: number) {
  const parts = await Promise.all(Array.from({ length: count }, () => redis.parts()));
  return {
    stores: parts.map((one) => new RedisCooldownStore(one, () => true)),
    pass: (milliseconds: number) => parts.forEach(({ clock }) => clock.advance(milliseconds)),
  };
}

describe('the cool-downs of several replicas', () => {
  it('are learnt by all of them', async () => {
    const { stores } = await someReplicas(2);
    await stores[0]!.failed(credential, failure, second);
    expect(await stores[1]!.admit(all, 10_000)).toMatchObject({
      target: credential,
      failure: { reason: 'unavailable', message: failure.message },
    });
  });

  it.each([[[client]], [[request, client]], [[client, credential]], [all]])(
    'end with one attempt over all replicas, after %j have failed',
    async (failing) => {
      const { stores, pass } = await someReplicas(3);
      for (const target of failing) await stores[0]!.failed(target, failure, second);
      pass(1_100);
      const admitted = await Promise.all(
        Array.from({ length: 12 }, (_, n) => stores[n % 3]!.admit(all, 10_000)),
      );
      expect(admitted.filter((cooldown) => cooldown === undefined)).toHaveLength(1);
      pass(9_800);
      expect(await stores[1]!.admit(all, 10_000)).toBeDefined();
      pass(300);
      expect(await stores[1]!.admit(all, 10_000)).toBeUndefined();
      await stores[1]!.succeeded(all);
      expect(await Promise.all(stores.map((store) => store.admit(all, 10_000)))).toEqual(
        stores.map(() => undefined),
      );
    },
  );

  it('do not hold a request back for an attempt that another request was let through for', async () => {
    const { stores, pass } = await someReplicas(2);
    for (const target of [client, request]) await stores[0]!.failed(target, failure, second);
    pass(1_100);
    expect(await stores[0]!.admit([client], 10_000)).toBeUndefined();
    expect(await stores[1]!.admit(all, 10_000)).toMatchObject({ target: client });
    await stores[0]!.succeeded([client]);
    expect(await stores[1]!.admit(all, 10_000)).toBeUndefined();
  });

  it('grow by one for attempts that fail together', async () => {
    const { stores } = await someReplicas(3);
    const seen: number[] = [];
    await Promise.all(
      stores.map((store) =>
        store.failed(client, failure, (failures) => {
          seen.push(failures);
          return 1_000;
        }),
      ),
    );
    expect(new Set(seen)).toEqual(new Set([1]));
  });

  it('of requests are passed over by a replica with new settings, and by no other', async () => {
    const { stores, pass } = await someReplicas(2);
    await stores[0]!.failed(request, failure, second);
    pass(100);
    await stores[1]!.forgetRequests();
    expect(await stores[0]!.admit(all, 10_000)).toMatchObject({ target: request });
    expect(await stores[1]!.admit(all, 10_000)).toBeUndefined();
    pass(100);
    await stores[1]!.failed(request, failure, second);
    expect(await stores[1]!.admit(all, 10_000)).toMatchObject({ target: request });
  });
});

describe('RedisCooldownStore', () => {
  it('costs one round trip while nothing has failed', async () => {
    const { stores } = await someReplicas(1);
    await stores[0]!.admit([{ scope: 'client', client: 'another' }], 10_000);
    const cost = await redis.cost(async () => {
      await stores[0]!.admit(all, 10_000);
      await stores[0]!.succeeded(all);
    });
    expect(cost).toEqual({ evalsha: 1, pttl: 4 });
  });

  it('does not look again for a quarter of a second at a client of which nothing cools down', async () => {
    const { stores, pass } = await someReplicas(2);
    const others: CooldownTarget[] = [{ scope: 'request', client: 'c', name: 'another' }, client];
    await stores[0]!.admit(all, 10_000);
    expect(await redis.cost(() => stores[0]!.admit(others, 10_000))).toEqual({});
    await stores[1]!.failed(client, failure, second);
    pass(250);
    expect(await stores[0]!.admit(others, 10_000)).toMatchObject({ target: client });
  });

  it('looks again at once when it hears of a failure, and each time while it may miss one', async () => {
    const { stores } = await someReplicas(2);
    await stores[0]!.admit(all, 10_000);
    await stores[1]!.failed(client, failure, second);
    stores[0]!.noteFailure();
    expect(await stores[0]!.admit(all, 10_000)).toMatchObject({ target: client });
    const deaf = new RedisCooldownStore(await redis.parts(), () => false);
    const another: CooldownTarget = { scope: 'client', client: 'another' };
    await deaf.admit([another], 10_000);
    expect(await redis.cost(() => deaf.admit([another], 10_000))).toMatchObject({ evalsha: 1 });
  });

  it('looks again at once after a failure of its own, of another request too', async () => {
    const { stores } = await someReplicas(1);
    await stores[0]!.admit([client], 10_000);
    await stores[0]!.failed(request, failure, second);
    expect(await stores[0]!.admit([client], 10_000)).toBeUndefined();
    expect(await stores[0]!.admit(all, 10_000)).toMatchObject({ target: request });
  });

  it('leaves nothing for ever, and nothing in clear', async () => {
    const { stores } = await someReplicas(1);
    for (const target of all) await stores[0]!.failed(target, failure, () => 3_600_000);
    await stores[0]!.failed({ scope: 'request', client: 'c', name: 'short' }, failure, second);
    const keys = (await redis.server.client.keys('*')).toSorted();
    const entries = [':client', ':credential:v1', ':request:r', ':request:short'];
    expect(keys).toEqual(['', ...entries].map((target) => `token-broker:{c}:cooldown${target}`));
    for (const key of keys) {
      const hours = key.endsWith('short') ? 1 : 2;
      expect(await redis.server.client.pttl(key)).toBeGreaterThan(hours * 3_600_000);
      expect(await redis.server.client.get(key)).not.toContain('not-a-real-scope');
    }
  });

  it('passes over what it cannot open, and writes over it', async () => {
    const [stranger] = (await someReplicas(1)).stores;
    await stranger!.failed(client, failure, second);
    const store = new RedisCooldownStore(
      await redis.parts(new KeyRing([someEncryptionKey('other')])),
      () => true,
    );
    expect(await store.admit(all, 10_000)).toBeUndefined();
    await store.failed(client, failure, second);
    expect(await store.admit(all, 10_000)).toMatchObject({ target: client });
    await redis.server.client.set('token-broker:{c}:cooldown:client', 'junk');
    expect(await store.admit(all, 10_000)).toBeUndefined();
  });
});

describe('a cool-down when the clock of Redis is set back by 5 minutes', () => {
  /** What a replica that starts afterwards learns of the time of day there. */
  async function restarted() {
    const parts = await redis.parts();
    const behind = parts.redisClock.now() - 300_000;
    parts.redisClock.learn(
      [String(Math.floor(behind / 1_000)), String((behind % 1_000) * 1_000)],
      parts.clock.now(),
    );
    return { store: new RedisCooldownStore(parts, () => true), clock: parts.clock };
  }

  it.each([
    ['10 s', 10_000, 3_000],
    ['a minute', 60_000, 59_000],
    ['an hour', 3_600_000, 0],
  ])('of %s lasts as long as it would have', async (_, length, passed) => {
    const { stores, pass } = await someReplicas(1);
    await stores[0]!.failed(client, failure, () => length);
    pass(passed);
    const { store, clock } = await restarted();
    clock.advance(passed);
    const left = (await store.admit(all, 10_000))!.remaining;
    expect(left).toBeLessThanOrEqual(length - passed);
    expect(left).toBeGreaterThan(length - passed - 500);
    clock.advance(left);
    expect(await store.admit(all, 10_000)).toBeUndefined();
  });

  it('that another attempt was let through for ends with that', async () => {
    const { stores, pass } = await someReplicas(1);
    await stores[0]!.failed(client, failure, second);
    pass(1_000);
    expect(await stores[0]!.admit(all, 5_000)).toBeUndefined();
    const { store, clock } = await restarted();
    clock.advance(1_000);
    expect(await store.admit(all, 10_000)).toBeDefined();
    clock.advance(5_000);
    expect(await store.admit(all, 10_000)).toBeUndefined();
  });

  it('that a replica of version 0.1.0 has written is no longer than it was made', async () => {
    const { stores } = await someReplicas(1);
    await stores[0]!.failed(client, failure, () => 10_000);
    const key = 'token-broker:{c}:cooldown:client';
    const record = String(
      await redis.server.client.getBuffer(key).then((bytes) => bytes!.toString('latin1')),
    );
    const [since, until] = record.split(' ').map(Number) as [number, number];
    // Other instants than those sealed beside them: as that version writes them when it lets an attempt through.
    const moved = `${since - 20_000} ${until - 20_000}${record.slice(27)}`;
    await redis.server.client.setex(key, 60, Buffer.from(moved, 'latin1'));
    expect(await stores[0]!.admit(all, 10_000)).toBeUndefined();
  });
});

describe('ResilientCooldownStore', () => {
  it('keeps to this replica what may be its own fault', async () => {
    const parts = await redis.parts();
    const shared = new RedisCooldownStore(parts, () => true);
    const store = new ResilientCooldownStore(shared, new MemoryCooldownStore(parts.clock), () => {});
    await store.failed(credential, failure, () => 30_000, { isOwnFault: true });
    expect(await store.admit(all, 10_000)).toMatchObject({ target: credential });
    expect(await (await someReplicas(1)).stores[0]!.admit(all, 10_000)).toBeUndefined();
    await store.succeeded(all);
    expect(await store.admit(all, 10_000)).toBeUndefined();
  });

  it('goes on by itself while Redis is away, and remembers what Redis was not told', async () => {
    const parts = await redis.parts();
    const failed: string[] = [];
    const own = new MemoryCooldownStore(parts.clock);
    const shared = new RedisCooldownStore(parts, () => true);
    const store = new ResilientCooldownStore(shared, own, (operation) => failed.push(operation));
    await redis.cutOff(parts);
    expect(await store.admit(all, 10_000)).toBeUndefined();
    expect(await store.failed(client, failure, () => 60_000)).toBe(60_000);
    await store.forgetRequests();
    expect(failed).toEqual(['admit', 'failed']);

    await parts.redis.connect();
    parts.clock.advance(2_000);
    expect(await shared.admit(all, 10_000)).toBeUndefined();
    expect(await store.admit(all, 10_000)).toMatchObject({ target: client });
    await store.succeeded(all);
    expect(await store.admit(all, 10_000)).toBeUndefined();
  });
});
