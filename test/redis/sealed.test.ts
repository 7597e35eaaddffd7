import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { KeyRing } from '#redis/tokens/key-ring.js';
import { packToken } from '#redis/tokens/token-record.js';
import { UpstreamFailure } from '#tokens/model/failures.js';
import { ScopeSet } from '#tokens/model/scope-set.js';
import { Secret } from '#tokens/model/secret.js';
import { RedisServer } from '#test/redis-server.js';
import { someToken } from '#test/some-token.js';
import { someClient } from '#test/the.js';
import { SomeReplica, type SomeReplicaOptions, someEncryptionKey } from './some-replica.js';

const client = someClient({ name: 'a-client-name', clientId: 'a-client-id', credentials: ['credential-v1'] });
const request = client.request(ScopeSet.parse('api:partner create:orders'));
const other = client.request(ScopeSet.parse('api:partner'));
const accessToken = new Secret('not-a-real-token-but-long-enough-to-be-found');
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

const put = ({ store, clock }: SomeReplica, generation = 1) =>
  store.put(request, someToken(clock.now(), { accessToken, scopes: request.scopes, generation }));

describe('what stands in Redis', () => {
  it('shows no token, secret, scope or client, neither in a key, nor in a value, nor in a message', async () => {
    const replica = await someReplica();
    const said: Buffer[] = [];
    const listener = server.client.duplicate();
    await listener.subscribe(replica.keys.events);
    listener.on('messageBuffer', (_, message: Buffer) => said.push(message));
    await put(replica);
    const failure = new UpstreamFailure('scope_refused', 'client a-client-name may not have create:orders');
    await server.command(
      'PUBLISH',
      replica.keys.events,
      replica.messages.failureMessage(request.key, failure, 5),
    );
    await expect.poll(() => said).toHaveLength(2);
    listener.disconnect();

    const keys = (await server.command('KEYS', '*')) as string[];
    expect(keys).toEqual([replica.keys.token(request.key)]);
    const values = await Promise.all(keys.map((key) => server.client.getBuffer(key)));
    const sealedFailure = Buffer.from(JSON.parse(said[1]!.toString()).failure, 'base64');
    const parts = [...keys, ...values, ...said, sealedFailure].map((part) => part!.toString('latin1'));
    const everything = parts.join('\n');
    const packed = packToken(accessToken.reveal()).bytes.toString('latin1');
    const secrets = [
      accessToken.reveal(),
      packed,
      'api:partner',
      'create:orders',
      'a-client',
      'credential-v1',
    ];
    for (const secret of secrets) {
      expect(everything).not.toContain(secret);
      expect(everything).not.toContain(Buffer.from(secret).toString('base64').slice(0, -4));
      expect(everything).not.toContain(Buffer.from(secret).toString('hex'));
    }
  });

  it('does not open under another key, and is dropped and counted there', async () => {
    const replica = await someReplica();
    await put(replica);
    const [from, to] = [request.key, other.key].map((key) => replica.keys.token(key)) as [string, string];
    await server.command('COPY', from, to);
    expect(await replica.store.get(other)).toBeUndefined();
    expect(replica.unreadable).toEqual([other]);
    expect(await server.command('EXISTS', to)).toBe(0);
    expect((await replica.store.get(request))?.accessToken.reveal()).toBe(accessToken.reveal());
  });

  it('is a counted miss when any bit of it has flipped, the generation included', async () => {
    const replica = await someReplica();
    await put(replica);
    const key = replica.keys.token(request.key);
    const entry = (await server.client.getBuffer(key))!;
    for (let bit = 0; bit < entry.length * 8; bit++) {
      const flipped = Buffer.from(entry);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      await server.client.set(key, flipped, 'PX', 60_000);
      expect(await replica.store.get(request)).toBeUndefined();
    }
    expect(replica.unreadable).toHaveLength(entry.length * 8);
    expect(await server.command('EXISTS', key)).toBe(0);
  });

  it('is a counted miss when it is sealed as it should be, but by a version that writes otherwise', async () => {
    const replica = await someReplica();
    const [key, generation] = [replica.keys.token(request.key), '0'.repeat(16)];
    const record = replica.ring.seal('3600000\n720000\na\nnot-a-real-token', `${key}\0${generation}`);
    await server.client.set(key, Buffer.concat([Buffer.from(generation), record]), 'PX', 60_000);
    expect(await replica.store.get(request)).toBeUndefined();
    expect(replica.unreadable).toEqual([request]);
    await put(replica);
    expect((await replica.store.get(request))?.generation).toBe(1);
  });

  it('is not made the newest by whoever can write to Redis', async () => {
    const replica = await someReplica();
    await put(replica, 1);
    const key = replica.keys.token(request.key);
    const old = (await server.client.getBuffer(key))!;
    await put(replica, 2);
    const pinned = Buffer.concat([Buffer.from('f'.repeat(16)), old.subarray(16)]);
    await server.client.set(key, pinned, 'PX', 60_000);
    expect(await replica.store.get(request)).toBeUndefined();
    await put(replica, 3);
    expect((await replica.store.get(request))?.generation).toBe(3);
  });

  it('is dropped only as it was read: one that was put meanwhile stays', async () => {
    const replica = await someReplica();
    const key = replica.keys.token(request.key);
    for (let generation = 1; generation <= 50; generation++) {
      await server.command('SET', key, 'junk', 'PX', 60_000);
      await Promise.all([replica.store.get(request), put(replica, generation)]);
      expect((await replica.store.get(request))?.generation).toBe(generation);
    }
  });

  it('stays readable while the key that sealed it is in the ring', async () => {
    const [before, after] = [someEncryptionKey('2026-11'), someEncryptionKey('2026-12')];
    const old = await someReplica({ ring: new KeyRing([before]) });
    const rotated = await someReplica({ ring: new KeyRing([after, before]) });
    const later = await someReplica({ ring: new KeyRing([after]) });
    await put(old);
    expect((await rotated.store.get(request))?.generation).toBe(1);
    expect(rotated.unreadable).toEqual([]);
    expect(await later.store.get(request)).toBeUndefined();
    expect(later.unreadable).toEqual([request]);
    await put(rotated, 2);
    expect((await later.store.get(request))?.generation).toBe(2);
    expect(await old.store.get(request)).toBeUndefined();
  });
});
