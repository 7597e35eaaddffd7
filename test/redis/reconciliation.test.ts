import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RedisUnavailable } from '#redis/connection/redis-failure.js';
import { ScopeSet } from '#tokens/model/scope-set.js';
import { RedisServer } from '#test/redis-server.js';
import { someToken } from '#test/some-token.js';
import { someClient } from '#test/the.js';
import { SomeReplica } from './some-replica.js';

const requests = Array.from({ length: 250 }, (_, n) => someClient().request(ScopeSet.parse(`s${n}`)));
const replicas: SomeReplica[] = [];
let server: RedisServer;

beforeAll(async () => {
  server = await RedisServer.start();
});
beforeEach(() => server.command('FLUSHALL'));
afterEach(() => Promise.all(replicas.splice(0).map((replica) => replica.stop())));
afterAll(() => server.stop());

async function someReplica(): Promise<SomeReplica> {
  const replica = await SomeReplica.start(server.url);
  replicas.push(replica);
  return replica;
}

const token = ({ clock }: SomeReplica, generation: number) => someToken(clock.now(), { generation });

describe('Reconciliation', () => {
  it('puts everything back into a Redis that has lost it, the newest of all replicas', async () => {
    const all = await Promise.all([someReplica(), someReplica(), someReplica()]);
    for (const [n, request] of requests.entries()) {
      for (const [m, replica] of all.entries()) {
        await replica.near.put(request, token(replica, 1 + ((n + m) % 3)));
      }
    }
    await Promise.all(all.map(({ nearCopies }) => nearCopies.catchUp()));
    const kept = await Promise.all(requests.map((request) => all[0]!.store.read(request)));
    expect(new Set(kept.map((one) => one?.generation))).toEqual(new Set([3]));
  });

  it('takes into memory what Redis has newer, with the life that is left', async () => {
    const [one, other] = [await someReplica(), await someReplica()];
    for (const request of requests) {
      await one.near.put(request, token(one, 1));
      await other.store.put(request, token(other, 2));
    }
    await one.nearCopies.catchUp();
    for (const request of requests) {
      const near = await one.near.get(request);
      expect(near?.generation).toBe(2);
      expect(near?.remaining(one.clock.now())).toBeGreaterThan(3_590_000);
    }
  });

  it('costs one small command for each copy where nothing was missed', async () => {
    const replica = await someReplica();
    for (const request of requests) {
      await replica.near.put(request, token(replica, 1));
      await replica.store.put(request, token(replica, 1));
    }
    await server.command('CONFIG', 'RESETSTAT');
    await replica.nearCopies.catchUp();
    const { info: _info, 'config|resetstat': _reset, ...counts } = await server.commandCounts();
    expect(counts).toEqual({ getrange: requests.length });
  });

  it('puts a token over an entry that pretends to be newer and does not open', async () => {
    const replica = await someReplica();
    const [request] = requests as [(typeof requests)[0]];
    await replica.near.put(request, token(replica, 1));
    await server.command('SET', replica.keys.token(request.key), 'f'.repeat(99), 'PX', 60_000);
    await replica.nearCopies.catchUp();
    expect((await replica.store.read(request))?.generation).toBe(1);
    expect(replica.unreadable).toEqual([request]);
  });

  it('fails when Redis goes away again, and loses no near copy', async () => {
    const replica = await someReplica();
    for (const request of requests) await replica.near.put(request, token(replica, 1));
    await server.kill('SIGKILL');
    try {
      await expect(replica.nearCopies.catchUp()).rejects.toThrow(RedisUnavailable);
    } finally {
      await server.restart();
    }
    expect(replica.near.snapshot()).toHaveLength(requests.length);
  });
});
