import type { TokenRequest } from '#tokens/model/token-request.js';
import type { RedisParts } from '../connection/redis-parts.js';
import { type RequestRecord, SealedRequests } from '../schedule/request-record.js';

/** Makes a request under some settings, or undefined when they do not make it. */
export type RequestOf = (record: RequestRecord) => TokenRequest | undefined;

interface StaleRequest {
  key: string;
  record: RequestRecord;
  current: TokenRequest;
}

/**
 * Removes from Redis what was minted under settings that are gone. No consumer would be served it any more, as its request
 * key is another one; but what need not be kept should not be.
 */
export class Purge {
  readonly #requests: SealedRequests;

  /** @param requestOf for the active settings */
  constructor(
    private readonly parts: RedisParts,
    private readonly requestOf: RequestOf,
  ) {
    this.#requests = new SealedRequests(parts);
  }

  /**
   * Returns how many were removed. @throws RedisUnavailable
   * @param formerOf for the settings before; what they made, and only the credential has changed since, is left
   */
  async run(formerOf: RequestOf = () => undefined): Promise<number> {
    let purged = 0;
    for await (const stale of this.#stale()) {
      const gone = stale.filter((one) => formerRequest(one, formerOf) === undefined).map(({ key }) => key);
      if (gone.length > 0) await this.parts.health.attempt(() => this.#remove(gone));
      purged += gone.length;
    }
    return purged;
  }

  /**
   * Finds the requests of former credentials. @throws RedisUnavailable
   * @param formerOf for the settings before
   */
  async *succeeded(formerOf: RequestOf): AsyncGenerator<{ former: TokenRequest; current: TokenRequest }> {
    for await (const stale of this.#stale()) {
      for (const one of stale) {
        const former = formerRequest(one, formerOf);
        if (former !== undefined) yield { former, current: one.current };
      }
    }
  }

  /** What the settings still make, under another key. A client that they do not have may be another replica's. */
  async *#stale(): AsyncGenerator<StaleRequest[]> {
    for await (const page of this.#requests.pages(this.parts)) {
      yield page.flatMap(({ key, record }) => {
        const current = this.requestOf(record);
        return current !== undefined && current.key !== key ? [{ key, record, current }] : [];
      });
    }
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

/** What the settings before made of the record; undefined when a request of that key cannot be continued. */
function formerRequest(
  { key, record, current }: StaleRequest,
  formerOf: RequestOf,
): TokenRequest | undefined {
  const former = formerOf(record);
  const isSucceeded = former?.key === key && former.client.registration === current.client.registration;
  return isSucceeded ? former : undefined;
}
