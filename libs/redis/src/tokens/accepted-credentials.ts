import { LRUCache } from 'lru-cache';
import type { Client, ClientOptions } from '#tokens/model/client.js';
import { lruOfEntries } from '#tokens/model/limits.js';
import { digest } from '#tokens/model/secret.js';
import type { RedisParts } from '../connection/redis-parts.js';

/** What names a credential and says nothing of it. */
export type CredentialNames = Pick<ClientOptions, 'clientAuthentication' | 'credentials'>;

/** Milliseconds: longer than any token lives, and until it is written again. */
const life = 33 * 24 * 3_600_000;
const rewriteAfter = 3_600_000;

/** Bytes of a record: two credentials. */
const longest = 4_096;

/**
 * The credential by which each client last obtained a token. A replica that starts with a changed one finds the tokens of
 * the former by it.
 */
export class AcceptedCredentials {
  /** Place of the record -> what this replica has written there, and when. */
  readonly #written = new LRUCache<string, { identity: string; at: number }>(lruOfEntries(1_000));

  constructor(private readonly parts: Pick<RedisParts, 'redis' | 'health' | 'keys' | 'ring' | 'clock'>) {}

  /** @throws RedisUnavailable */
  async note(client: Client): Promise<void> {
    const { redis, health, ring, clock } = this.parts;
    const key = this.#place(client);
    const { identity } = client;
    const at = clock.now();
    const written = this.#written.get(key);
    if (written?.identity === identity && at - written.at < rewriteAfter) return;
    this.#written.set(key, { identity, at });
    const { clientAuthentication, credentials } = client.options;
    const record = ring.seal(JSON.stringify([clientAuthentication, ...credentials]), key);
    try {
      await health.attempt(() => redis.set(key, record, 'PX', life));
    } catch (failure) {
      this.#written.delete(key);
      throw failure;
    }
  }

  /** Undefined where there is none, or none that a replica has written. @throws RedisUnavailable */
  async of(client: Client): Promise<CredentialNames | undefined> {
    const { redis, health, ring } = this.parts;
    const key = this.#place(client);
    const sealed = await health.attempt(() => redis.getrangeBuffer(key, 0, longest));
    const text = sealed.length === 0 ? undefined : ring.open(sealed, key)?.toString();
    if (text === undefined) return undefined;
    const [clientAuthentication, ...credentials] = JSON.parse(text) as [string, ...string[]];
    return { clientAuthentication, credentials };
  }

  /** Settings may have two clients of one registration, each with a credential of its own. */
  #place({ name, registration }: Client): string {
    return this.parts.keys.acceptedCredential(digest([name, registration]));
  }
}
