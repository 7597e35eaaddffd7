import type { TokenRequest } from '#tokens/model/token-request.js';
import type { RedisParts } from '../connection/redis-parts.js';
import { type RequestRecord, SealedRequests } from '../schedule/request-record.js';

/** How many entries one step of the search looks at. */
const step = 500;

/**
 * Removes from Redis what was minted under settings that are gone: for example by an old credential. No consumer would be served
 * it any more, as its request key is another one; but what need not be kept should not be.
 */
export class Purge {
  readonly #requests: SealedRequests;

  /** `requestOf` makes a request under the settings now in force, or undefined when they do not make it. */
  constructor(
    private readonly parts: RedisParts,
    private readonly requestOf: (record: RequestRecord) => TokenRequest | undefined,
  ) {
    this.#requests = new SealedRequests(parts);
  }

  /** Returns how many were removed. @throws RedisUnavailable */
  async run(): Promise<number> {
    const { redis, keys, health } = this.parts;
    let purged = 0;
    let cursor = '0';
    do {
      const [next, entries] = await health.attempt(() =>
        redis.hscanBuffer(keys.scheduleRequests, cursor, 'COUNT', step),
      );
      cursor = String(next);
      const stale = this.#staleOf(entries);
      if (stale.length > 0) await health.attempt(() => this.#remove(stale));
      purged += stale.length;
    } while (cursor !== '0');
    return purged;
  }

  /** What the settings still make, under another key. A client that they do not have may be another replica's. */
  #staleOf(entries: readonly Buffer[]): string[] {
    const stale: string[] = [];
    for (let n = 0; n + 1 < entries.length; n += 2) {
      const key = String(entries[n]);
      const record = this.#requests.open(key, entries[n + 1]!);
      const current = record && this.requestOf(record);
      if (current !== undefined && current.key !== key) stale.push(key);
    }
    return stale;
  }

  async #remove(stale: readonly string[]): Promise<void> {
    const { redis, keys } = this.parts;
    await Promise.all([
      // One by one: each token has a slot of its own.
      ...stale.map((key) => redis.unlink(keys.token(key))),
      redis.zrem(keys.scheduleDue, ...stale),
      redis.zrem(keys.scheduleDemand, ...stale),
      this.#requests.drop(stale),
    ]);
  }
}
