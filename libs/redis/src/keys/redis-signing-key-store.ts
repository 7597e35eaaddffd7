import { SigningKeyStore, type StoredKeys } from '#tokens/ports/signing-key-store.js';
import { longestEntry } from '../connection/entries.js';
import { LuaScript } from '../connection/lua-script.js';
import type { RedisParts } from '../connection/redis-parts.js';

const replaceKeys = new LuaScript(new URL('./replace-keys.lua', import.meta.url));

/**
 * Signing keys in Redis, sealed, for all replicas. They have no end of life: keys that were forgotten would have to be
 * replaced by keys that no authorization server has read yet.
 */
export class RedisSigningKeyStore extends SigningKeyStore {
  constructor(private readonly parts: Pick<RedisParts, 'redis' | 'health' | 'keys' | 'ring'>) {
    super();
  }

  override async read(id: string): Promise<StoredKeys | undefined> {
    const { redis, health, keys, ring } = this.parts;
    const key = keys.signingKeys(id);
    const sealed = await health.attempt(() => redis.getrangeBuffer(key, 0, longestEntry));
    if (sealed.length === 0) return undefined;
    const text = ring.open(sealed, key)?.toString();
    // Not replaced: a replica with a wrong encryption key would take the keys of all others away.
    if (text === undefined) throw new Error(`no encryption key opens the signing keys at ${key}`);
    // Before the key that sealed it is taken out of the settings.
    if (!ring.isFirst(sealed)) await this.replace(id, sealed, text);
    return { text, revision: sealed };
  }

  override async replace(id: string, read: Buffer | undefined, text: string): Promise<boolean> {
    const { redis, health, keys, ring } = this.parts;
    const key = keys.signingKeys(id);
    const sealed = ring.seal(text, key);
    return (await health.attempt(() => replaceKeys.run(redis, [key], [read ?? '', sealed]))) === 1;
  }
}
