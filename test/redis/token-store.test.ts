import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { ScopeSet } from '#tokens/model/scope-set.js';
import { RedisLease } from '#redis/lock/lease.js';
import { Secret } from '#tokens/model/secret.js';
import { describeTokenStore } from '../contracts/token-store.contract.js';
import { FakeClock } from '#test/fake-clock.js';
import { RedisServer } from '#test/redis-server.js';
import { someToken } from '#test/some-token.js';
import { someClient } from '#test/the.js';
import { SomeReplica, type SomeReplicaOptions } from './some-replica.js';

const request = someClient().request(ScopeSet.parse('api:partner'));
const replicas: SomeReplica[] = [];
let server: RedisServer;

beforeAll(async () => {
  server = await RedisServer.start();
});
beforeEach(() => server.command('FLUSHALL'));
afterEach(() => Promise.all(replicas.splice(0).map((replica) => replica.stop())));
afterAll(() => server.stop());

async function someReplica(options?: SomeReplicaOptions): Promise<SomeReplica> {
  const replica = await SomeReplica.start(server.url, options);
  replicas.push(replica);
  return replica;
}

/** What Redis was asked to do, but for what a connection and this test itself ask. */
async function commandsOf(act: () => Promise<unknown>): Promise<Record<string, number>> {
  await server.command('CONFIG', 'RESETSTAT');
  await act();
  const { info: _info, 'config|resetstat': _reset, ...counts } = await server.commandCounts();
  return counts;
}

/** Instead of waiting: all that expires does so earlier by so many milliseconds. */
const age = (milliseconds: number) =>
  server.command(
    'EVAL',
    `for _, key in ipairs(redis.call('KEYS', '*')) do
       redis.call('PEXPIRE', key, redis.call('PTTL', key) - ARGV[1])
     end`,
    0,
    milliseconds,
  );

describeTokenStore('RedisTokenStore', async () => {
  const clock = new FakeClock();
  const { store } = await someReplica({ clock });
  const pass = async (milliseconds: number) => {
    clock.advance(milliseconds);
    await age(milliseconds);
  };
  return { store, clock, pass };
});

describe('RedisTokenStore', () => {
  it('tells another replica the life that is left, wherever their monotonic clocks began', async () => {
    const writer = await someReplica({ clock: new FakeClock() });
    const clock = new FakeClock();
    vi.spyOn(clock, 'now').mockReturnValue(7e9);
    const reader = await someReplica({ clock });
    await writer.store.put(request, someToken(writer.clock.now()));
    await age(600_000);
    const token = (await reader.store.get(request))!;
    expect(token.remaining(clock.now())).toBeLessThanOrEqual(3_000_000);
    expect(token.remaining(clock.now())).toBeGreaterThan(2_990_000);
    expect(token.expiresAt - token.renewAt).toBe(720_000);
    expect(token.lifetime).toBe(3_600_000);
  });

  it('reads in one round trip, and by one small command as long as the known copy is the one that Redis keeps', async () => {
    const { store, clock } = await someReplica();
    const token = someToken(clock.now());
    await store.put(request, token);
    expect(await commandsOf(() => store.get(request))).toMatchObject({ evalsha: 1, pttl: 1, get: 1 });
    expect(await commandsOf(() => store.get(request, token))).toEqual({ getrange: 1 });
    expect(await store.get(request, token)).toBe(token);
  });

  it('believes Redis, not the known copy: that there is a newer one, or none', async () => {
    const [one, other] = [await someReplica(), await someReplica()];
    const known = someToken(one.clock.now(), { generation: 1 });
    await other.store.put(request, someToken(other.clock.now(), { generation: 2 }));
    expect((await one.store.get(request, known))?.generation).toBe(2);
    await server.command('FLUSHALL');
    expect(await commandsOf(() => one.store.get(request, known))).toEqual({ getrange: 1 });
    expect(await one.store.get(request, known)).toBeUndefined();
  });

  it('puts nothing whose life is over', async () => {
    const { store, clock } = await someReplica();
    await store.put(request, someToken(clock.now() - 3_600_000));
    expect(await server.command('DBSIZE')).toBe(0);
  });

  it('removes an entry that would never expire, and counts that: no replica has written it', async () => {
    const replica = await someReplica();
    await replica.store.put(request, someToken(replica.clock.now()));
    await server.command('PERSIST', replica.keys.token(request.key));
    expect(await replica.store.get(request)).toBeUndefined();
    expect(replica.repairs).toBe(1);
    expect(await server.command('DBSIZE')).toBe(0);
  });

  it('removes what is of another type under its key, to read and to write', async () => {
    const { store, keys, clock } = await someReplica();
    const key = keys.token(request.key);
    await server.command('HSET', key, 'field', 'value');
    expect(await store.get(request)).toBeUndefined();
    await server.command('RPUSH', key, 'value');
    await store.put(request, someToken(clock.now()));
    expect((await store.get(request))?.generation).toBe(1);
  });
});

describe('the remaining life of a token in Redis', () => {
  const lifetime = 3_600_000;
  const left = 74_000;

  /** Stands still, and shows the time of day, or so much more. */
  function ownClock(step = 0): FakeClock {
    const clock = new FakeClock();
    const [start, wall] = [clock.now(), Date.now() + step];
    vi.spyOn(clock, 'wallTime').mockImplementation(() => wall + clock.now() - start);
    return clock;
  }

  /** A token that lives for `left`, of a replica that has asked for it while all clocks were right. */
  async function written(accessToken = 'not-a-real-token') {
    const { store, redisClock, clock } = await someReplica({ clock: ownClock() });
    const past = lifetime - left;
    const generation = Math.floor(redisClock.now() - past) * 1_024;
    const token = { generation, accessToken: new Secret(accessToken) };
    await store.put(request, someToken(clock.now() - past, token));
  }

  /** A replica that starts when the clock of Redis is, and this replica's own, so much ahead of what is right. */
  async function restarted(step: number, ownStep = 0) {
    const clock = ownClock(ownStep);
    const { store, redisClock } = await someReplica({ clock });
    const shows = redisClock.now() + step;
    redisClock.learn([String(Math.floor(shows / 1_000)), String((shows % 1_000) * 1_000)], clock.now());
    const remaining = async () => (await store.read(request))?.remaining(clock.now());
    /** An authorization server answers, whose clock is right. */
    const heardOfServer = () => redisClock.wall.note('auth.example', clock.wallTime() - ownStep);
    return { store, clock, remaining, heardOfServer };
  }

  it.each([
    ['set back by 5 minutes, so that PTTL grows', -300_000],
    ['set back by an hour', -3_600_000],
    ['right', 0],
  ])('is what is left when the clock of Redis is %s', async (_, step) => {
    await written();
    await age(step);
    const { remaining } = await restarted(step);
    expect(await remaining()).toBeLessThanOrEqual(left + 1_000);
    expect(await remaining()).toBeGreaterThan(left - 3_000);
  });

  it('is over when it is, though PTTL says 5 minutes more, and the dead token is removed', async () => {
    await written();
    await age(-300_000);
    const { clock, remaining, store, heardOfServer } = await restarted(-300_000);
    heardOfServer();
    clock.advance(left + 1_000);
    expect(await remaining()).toBeUndefined();
    expect(await store.generation(request)).toBeUndefined();
  });

  it('is what is left where the own clock is 3 h ahead, and Redis and an authorization server say so', async () => {
    await written();
    const { remaining, heardOfServer } = await restarted(0, 3 * 3_600_000);
    heardOfServer();
    expect(await remaining()).toBeLessThanOrEqual(left + 1_000);
    expect(await remaining()).toBeGreaterThan(left - 3_000);
  });

  it('is nothing where the own clock or that of Redis is 3 h ahead, and the others keep the token', async () => {
    await written();
    const { remaining, store } = await restarted(0, 3 * 3_600_000);
    expect(await remaining()).toBeUndefined();
    expect(await store.generation(request)).toBeDefined();
  });

  it('is bounded by the exp of a JWT', async () => {
    const claims = { exp: Math.floor((Date.now() + 20_000) / 1_000) };
    await written(`e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`);
    await age(-300_000);
    const { remaining } = await restarted(-300_000);
    expect(await remaining()).toBeLessThanOrEqual(20_000);
  });
});

describe('a token put under a lock', () => {
  const put = (replica: SomeReplica, generation: number, lease?: RedisLease) =>
    replica.store.put(
      request,
      someToken(replica.clock.now(), { generation, accessToken: new Secret(`not-real-${generation}`) }),
      lease,
    );
  const lease = (replica: SomeReplica, value: string) => {
    const handle = { value, extend: async () => 'extended' as const, release: async () => {}, lost() {} };
    const made = new RedisLease(1, handle, replica.clock, replica.clock.now());
    leases.push(made);
    return made;
  };
  const lock = async (replica: SomeReplica, value: string) => {
    await server.command('SET', replica.keys.lock(request.key), value, 'PX', 2_000);
    return lease(replica, value);
  };
  const leases: RedisLease[] = [];
  afterEach(() => Promise.all(leases.splice(0).map((one) => one.release())));
  const kept = async (replica: SomeReplica) => (await replica.store.read(request))?.generation;

  it('is written, published and its lock released in one round trip', async () => {
    const replica = await someReplica();
    const first = await lock(replica, 'mine');
    const counts = await commandsOf(() => put(replica, 1, first));
    const { eval: unknown = 0, evalsha, ...inside } = counts;
    expect(evalsha! + unknown).toBeLessThanOrEqual(2);
    expect(inside).toEqual({ strlen: 1, get: 1, del: 1, getrange: 1, set: 1, publish: 1 });
    const second = await lock(replica, 'mine');
    expect(await commandsOf(() => put(replica, 2, second))).toEqual({
      evalsha: 1,
      strlen: 1,
      get: 1,
      del: 1,
      getrange: 1,
      set: 1,
      publish: 1,
    });
    expect(await server.command('EXISTS', replica.keys.lock(request.key))).toBe(0);
    expect(second.lockValue).toBeUndefined();
  });

  it('never takes the place of a newer one that came past the lock, and releases the lock', async () => {
    const replica = await someReplica();
    await put(replica, 9);
    await put(replica, 3, await lock(replica, 'mine'));
    expect(await kept(replica)).toBe(9);
    expect(await server.command('EXISTS', replica.keys.lock(request.key))).toBe(0);
  });

  it('never takes the place of a newer one when its holder was paused and the lock has gone', async () => {
    const [paused, other] = [await someReplica(), await someReplica()];
    const lost = await lock(paused, 'of the paused');
    await server.command('DEL', paused.keys.lock(request.key));
    await put(other, 2, await lock(other, 'of the other'));
    await put(paused, 1, lost);
    expect(await kept(other)).toBe(2);
    expect(lost.lockValue).toBeUndefined();
  });

  it('leaves the lock to the one who holds it now', async () => {
    const [paused, other] = [await someReplica(), await someReplica()];
    const lost = await lock(paused, 'of the paused');
    const held = await lock(other, 'of the other');
    await put(paused, 1, lost);
    const key = other.keys.lock(request.key);
    expect(await server.command('GET', key)).toBe('of the other');
    expect(await server.command('PTTL', key)).toBeGreaterThan(1_500);
    expect(await server.command('PTTL', key)).toBeLessThanOrEqual(3_000);
    await put(other, 2, held);
    expect(await kept(other)).toBe(2);
    expect(await server.command('EXISTS', key)).toBe(0);
  });

  it('does not release the lock when it is put back: that is no renewal', async () => {
    const replica = await someReplica();
    await lock(replica, 'mine');
    await replica.store.putBack(request, someToken(replica.clock.now()));
    expect(await server.command('GET', replica.keys.lock(request.key))).toBe('mine');
  });

  it('keeps its lease when Redis does not answer, so that it can still be released', async () => {
    const replica = await someReplica();
    const held = lease(replica, 'mine');
    await server.kill('SIGSTOP');
    try {
      await expect(put(replica, 1, held)).rejects.toThrow('timeout');
    } finally {
      await server.kill('SIGCONT');
    }
    expect(held.lockValue).toBe('mine');
  });
});

describe('tokens put without a lock', () => {
  it('leave the newest in place, in whatever order they come from however many replicas', async () => {
    const all = await Promise.all(Array.from({ length: 4 }, () => someReplica()));
    const generations = Array.from({ length: 200 }, (_, n) => (n * 77) % 200);
    await Promise.all(
      generations.map((generation, n) => {
        const { store, clock } = all[n % all.length]!;
        return store.put(request, someToken(clock.now(), { generation }));
      }),
    );
    expect(await all[0]!.store.generation(request)).toBe(199);
  });

  it('compare generations as numbers, up to that of now', async () => {
    const { store, clock } = await someReplica();
    const highest = Date.now() * 1_024;
    for (const generation of [9, 10, 255, 4_096, Date.UTC(2026, 10, 23), highest, 11]) {
      await store.put(request, someToken(clock.now(), { generation }));
    }
    expect((await store.read(request))?.generation).toBe(highest);
  });

  it.each(['', 'short', 'zzzzzzzzzzzzzzzz and more'])('take the place of junk (%j)', async (junk) => {
    const { store, keys, clock } = await someReplica();
    await server.command('SET', keys.token(request.key), junk);
    await store.put(request, someToken(clock.now()));
    expect(await store.generation(request)).toBe(1);
  });
});
