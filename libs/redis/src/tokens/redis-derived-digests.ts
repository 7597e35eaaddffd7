import { DerivedDigests } from '#tokens/ports/derived-digests.js';
import type { RedisParts } from '../connection/redis-parts.js';

/** Milliseconds, counted from the last start of a replica that has the secret. */
const life = 90 * 24 * 3_600_000;

/** Bytes of a record. */
const longest = 512;

/**
 * Digests of client secrets, derived by one replica for all, and for the next start. A record is found by an HMAC of the
 * secret and sealed for that place: without the encryption keys it neither gives the digest nor lets a guess be checked
 * faster than scrypt does.
 */
export class RedisDerivedDigests extends DerivedDigests {
  constructor(
    private readonly parts: Pick<RedisParts, 'redis' | 'health' | 'keys' | 'ring'>,
    /** Resolves when Redis is connected, or the start no longer waits for it. */
    private readonly whenReady: () => Promise<unknown>,
  ) {
    super();
  }

  override async find(secret: string, salt: string): Promise<string | undefined> {
    const { redis, health, ring } = this.parts;
    await this.whenReady();
    for (const place of this.#places(secret, salt)) {
      const read = health.attempt(() => redis.getrangeBuffer(place, 0, longest));
      const sealed = await read.catch(() => undefined);
      const derived = sealed && ring.open(sealed, place)?.toString();
      if (derived !== undefined) return derived;
    }
    return undefined;
  }

  override async keep(secret: string, salt: string, derived: string): Promise<void> {
    const { redis, health, ring } = this.parts;
    const [place] = this.#places(secret, salt) as [string];
    const write = health.attempt(() => redis.set(place, ring.seal(derived, place), 'PX', life));
    // It is derived again at the next start then.
    await write.catch(() => undefined);
  }

  #places(secret: string, salt: string): string[] {
    const { ring, keys } = this.parts;
    return ring.namesOf(JSON.stringify([secret, salt])).map((name) => keys.derivedDigest(name));
  }
}
