import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TokenUpdate } from '#redis/channel/outcome-messages.js';
import { ScopeSet } from '#tokens/model/scope-set.js';
import { FakeClock } from '#test/fake-clock.js';
import { RedisServer } from '#test/redis-server.js';
import { someToken } from '#test/some-token.js';
import { someClient } from '#test/the.js';
import { until } from '#test/until.js';
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

const token = (replica: SomeReplica, generation: number) => someToken(replica.clock.now(), { generation });

/** What a replica tells the others when it puts a token of this generation. */
async function toldBy(replica: SomeReplica, generation: number): Promise<TokenUpdate> {
  const listener = server.client.duplicate().on('error', () => {});
  try {
    await listener.subscribe(replica.keys.events);
    const told = new Promise<string>((resolve) =>
      listener.once('message', (_channel, text: string) => resolve(text)),
    );
    await replica.store.put(request, token(replica, generation));
    return replica.messages.parse(await told) as unknown as TokenUpdate;
  } finally {
    listener.disconnect();
  }
}

describe('a near copy', () => {
  it('is replaced by the new token that is told of, without a command', async () => {
    const [writer, reader] = [await someReplica(), await someReplica()];
    await reader.near.put(request, token(reader, 1));
    const news = await toldBy(writer, 2);
    await server.command('CONFIG', 'RESETSTAT');
    reader.nearCopies.apply(news);
    expect((await reader.near.get(request))?.generation).toBe(2);
    const { info: _info, 'config|resetstat': _reset, ...commands } = await server.commandCounts();
    expect(commands).toEqual({});
  });

  it('lives no longer for news that were long on their way', async () => {
    const clock = new FakeClock();
    const [writer, reader] = [await someReplica(), await someReplica({ clock })];
    await reader.near.put(request, token(reader, 1));
    const news = await toldBy(writer, 2);
    clock.advance(600_000);
    reader.nearCopies.apply(news);
    const copy = (await reader.near.get(request))!;
    // What the server's clock shows is known as well as a round trip tells.
    expect(copy.remaining(clock.now())).toBeLessThan(3_010_000);
    expect(copy.remaining(clock.now())).toBeGreaterThan(2_990_000);
  });

  it('lives no longer than was told either, should the clock of Redis be set back', async () => {
    const [writer, reader] = [await someReplica(), await someReplica()];
    await reader.near.put(request, token(reader, 1));
    const news = await toldBy(writer, 2);
    const copy = { ...news.copy!, until: news.copy!.until + 600_000 };
    reader.nearCopies.apply({ ...news, copy });
    const remaining = (await reader.near.get(request))!.remaining(reader.clock.now());
    expect(remaining).toBeLessThanOrEqual(3_600_000);
  });

  it('is given up, and the token read, when what is told does not open', async () => {
    const [writer, reader] = [await someReplica(), await someReplica()];
    await reader.near.put(request, token(reader, 1));
    const news = await toldBy(writer, 2);
    const record = Buffer.from(news.copy!.record);
    record[record.length - 1]! ^= 1;
    reader.nearCopies.apply({ ...news, copy: { ...news.copy!, record } });
    expect(await reader.near.get(request)).toBeUndefined();
    expect((await reader.store.get(request))?.generation).toBe(2);
  });

  it('is put back when it is newer: Redis has lost it', async () => {
    const [writer, reader] = [await someReplica(), await someReplica()];
    const news = await toldBy(writer, 2);
    await reader.near.put(request, token(reader, 3));
    reader.nearCopies.apply(news);
    expect((await reader.near.get(request))?.generation).toBe(3);
    await until(async () => (await writer.store.generation(request)) === 3, 'it is in Redis again');
  });
});
