import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ScopeSet } from '#tokens/model/scope-set.js';
import { RedisServer } from '#test/redis-server.js';
import { someToken } from '#test/some-token.js';
import { someClient } from '#test/the.js';
import { until } from '#test/until.js';
import { SomeReplica } from './some-replica.js';

const client = someClient();
const [request, other] = [client, someClient({ clientId: 'other' })].map((one) =>
  one.request(ScopeSet.parse('api:partner')),
) as [ReturnType<typeof client.request>, ReturnType<typeof client.request>];

let server: RedisServer;
const replicas: SomeReplica[] = [];

beforeAll(async () => {
  server = await RedisServer.start();
});
afterEach(async () => {
  await Promise.all(replicas.splice(0).map((replica) => replica.stop()));
  await server.command('FLUSHALL');
});
afterAll(() => server.stop());

/** Two replicas that both have a token of each of the two clients. */
async function twoReplicas(): Promise<[SomeReplica, SomeReplica]> {
  const two = await Promise.all([SomeReplica.start(server.url), SomeReplica.start(server.url)]);
  replicas.push(...two);
  for (const one of [request, other]) {
    const token = someToken(two[0].clock.now(), { generation: generationOf(two[0]) });
    await two[0].store.put(one, token);
    for (const replica of two) replica.near.put(one, token);
  }
  return two;
}

const generationOf = ({ redisClock }: SomeReplica, later = -1) =>
  Math.floor((redisClock.now() + later) * 1_024);

describe('a withdrawal', () => {
  it('takes the tokens of one client out of Redis and all replicas, and gives each to one that withdraws it', async () => {
    const [one, two] = await twoReplicas();
    two.channel.open();
    await until(async () => two.channel.isLive, 'the other replica receives messages');
    const withdrawn = await one.withdrawals.run(client);
    expect(withdrawn.map(({ request: { key } }) => key)).toEqual([request.key]);
    await until(async () => two.near.get(request) === undefined, 'the other replica has dropped it');
    expect(await two.withdrawals.run(client)).toEqual([]);
    expect(await one.store.read(request)).toBeUndefined();
    expect(one.near.get(request)).toBeUndefined();
    for (const { near } of [one, two]) expect(near.get(other)).toBeDefined();
  });

  it('makes the others take out what the one that withdraws does not know of yet', async () => {
    const [one, two] = await twoReplicas();
    two.channel.open();
    await until(async () => two.channel.isLive, 'the other replica receives messages');
    const fresh = client.request(ScopeSet.parse('create:orders'));
    // Replicas know the clock of Redis not quite alike.
    const token = someToken(two.clock.now(), { generation: generationOf(two, -1_000) });
    await two.store.put(fresh, token);
    two.near.put(fresh, token);
    await one.withdrawals.run(client);
    await until(async () => two.taken.length > 0, 'the other replica has taken it out');
    expect(two.taken.map(({ request: { key } }) => key)).toEqual([fresh.key]);
    expect(await one.store.read(fresh)).toBeUndefined();
  });

  it('is made up for by a replica that has missed the message, before it puts its copy back', async () => {
    const [one, two] = await twoReplicas();
    await one.withdrawals.run(client);
    expect(two.near.get(request)).toBeDefined();
    await two.withdrawals.catchUp([client]);
    await two.nearCopies.catchUp();
    expect(two.near.get(request)).toBeUndefined();
    expect(await one.store.read(request)).toBeUndefined();
  });

  it('accepts newer tokens, and ignores one that pretends to be of a time to come', async () => {
    const [one] = await twoReplicas();
    await one.withdrawals.run(client);
    const token = someToken(one.clock.now(), { generation: generationOf(one, 1_000) });
    one.near.put(request, token);
    expect(one.near.get(request)).toBe(token);
    await one.withdrawals.apply({ client: client.identity, generation: generationOf(one, 3_600_000) });
    expect(one.near.get(request)).toBe(token);
  });

  it('fails with Redis, after this replica has dropped its own copies', async () => {
    const [one] = await twoReplicas();
    one.connections.commands.disconnect();
    await expect(one.withdrawals.run(client)).rejects.toThrow('Redis cannot be used');
    expect(one.near.get(request)).toBeUndefined();
  });
});
