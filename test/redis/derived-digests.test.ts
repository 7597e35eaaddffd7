import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { KeyRing } from '#redis/tokens/key-ring.js';
import { RedisDerivedDigests } from '#redis/tokens/redis-derived-digests.js';
import { someEncryptionKey } from './some-replica.js';
import { SomeRedis } from './some-redis-parts.js';

let redis: SomeRedis;
beforeAll(async () => {
  redis = await SomeRedis.start();
});
afterEach(() => redis.reset());
afterAll(() => redis.stop());

async function replica(ring?: KeyRing) {
  const parts = await redis.parts(ring);
  return { parts, digests: new RedisDerivedDigests(parts, async () => {}) };
}

describe('the digest of a client secret', () => {
  it('is derived by one replica for all, by secret and salt', async () => {
    const [one, other] = [await replica(), await replica()];
    expect(await other.digests.find('fake-secret', 'salt')).toBeUndefined();
    await one.digests.keep('fake-secret', 'salt', 'derived');
    expect(await other.digests.find('fake-secret', 'salt')).toBe('derived');
    expect(await other.digests.find('fake-secre', 'tsalt')).toBeUndefined();
    expect(await other.digests.find('fake-secret', 'other')).toBeUndefined();
  });

  it('is found through a rotation of the encryption keys, and not without them', async () => {
    const [older, newer] = [someEncryptionKey('2026-11'), someEncryptionKey('2026-12')];
    const before = await replica(new KeyRing([older]));
    await before.digests.keep('fake-secret', 'salt', 'derived');
    const during = await replica(new KeyRing([newer, older]));
    expect(await during.digests.find('fake-secret', 'salt')).toBe('derived');
    const after = await replica(new KeyRing([newer]));
    expect(await after.digests.find('fake-secret', 'salt')).toBeUndefined();
    await during.digests.keep('fake-secret', 'salt', 'derived');
    expect(await after.digests.find('fake-secret', 'salt')).toBe('derived');
  });

  it('is believed where a replica has sealed it only, and in its place', async () => {
    const { parts, digests } = await replica();
    await digests.keep('fake-secret', 'salt', 'derived');
    const [own] = await redis.server.client.keys('*');
    await digests.keep('another-fake-secret', 'salt', 'another');
    const other = (await redis.server.client.keys('*')).find((key) => key !== own);
    await parts.redis.copy(other!, own!, 'REPLACE');
    expect(await digests.find('fake-secret', 'salt')).toBeUndefined();
    await parts.redis.set(own!, 'derived');
    expect(await digests.find('fake-secret', 'salt')).toBeUndefined();
  });

  it('is neither found nor kept while Redis is away, and nothing fails', async () => {
    const { parts, digests } = await replica();
    await digests.keep('fake-secret', 'salt', 'derived');
    await redis.cutOff(parts);
    expect(await digests.find('fake-secret', 'salt')).toBeUndefined();
    await digests.keep('fake-secret', 'salt', 'derived');
  });
});
