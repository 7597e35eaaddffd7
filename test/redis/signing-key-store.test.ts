import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RedisSigningKeyStore } from '#redis/keys/redis-signing-key-store.js';
import { Secret } from '#tokens/model/secret.js';
import { describeSigningKeyStore } from '../contracts/signing-key-store.contract.js';
import { SomeRedis } from './some-redis-parts.js';

let redis: SomeRedis;
beforeAll(async () => {
  redis = await SomeRedis.start();
});
beforeEach(() => redis.reset());
afterAll(() => redis.stop());

describeSigningKeyStore('RedisSigningKeyStore', async () => {
  const parts = await redis.parts();
  return { store: new RedisSigningKeyStore(parts), another: new RedisSigningKeyStore(parts) };
});

const encryptionKey = (id: string) => ({ id, key: new Secret(randomBytes(32).toString('base64')) });

describe('signing keys in Redis', () => {
  it('are sealed, and sealed anew by an encryption key that was put in front', async () => {
    const parts = await redis.parts();
    const store = new RedisSigningKeyStore(parts);
    const [old, next] = [encryptionKey('old'), encryptionKey('next')];
    parts.ring.replace([old]);
    await store.replace('one', undefined, 'not-a-real-key');
    const bytes = () => parts.redis.getBuffer(parts.keys.signingKeys('one'));
    expect(String(await bytes())).not.toContain('not-a-real-key');

    parts.ring.replace([next, old]);
    await store.read('one');
    parts.ring.replace([next]);

    expect(await store.read('one')).toMatchObject({ text: 'not-a-real-key' });
  });

  it('that no encryption key opens are an error, and stay as they are', async () => {
    const parts = await redis.parts();
    const store = new RedisSigningKeyStore(parts);
    await store.replace('one', undefined, 'not-a-real-key');
    const key = parts.keys.signingKeys('one');
    const before = await parts.redis.getBuffer(key);

    parts.ring.replace([encryptionKey('wrong')]);

    await expect(store.read('one')).rejects.toThrow('no encryption key opens');
    expect(await store.replace('one', undefined, 'another')).toBe(false);
    expect(await parts.redis.getBuffer(key)).toEqual(before);
  });
});
