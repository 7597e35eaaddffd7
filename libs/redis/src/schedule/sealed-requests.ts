import type { TokenRequest } from '#tokens/model/token-request.js';
import type { RedisParts } from '../connection/redis-parts.js';
import { parseRequestRecord, type RequestRecord, requestRecord } from './request-record.js';

/** The token requests that are planned, sealed in Redis, so that a replica can take over what another one has planned. */
export class SealedRequests {
  constructor(private readonly parts: RedisParts) {}

  async write(requests: ReadonlyMap<string, TokenRequest>): Promise<void> {
    if (requests.size === 0) return;
    const { redis, keys, ring } = this.parts;
    const records = [...requests].flatMap(([key, request]) => [
      key,
      ring.seal(requestRecord(request), this.#place(key)),
    ]);
    await redis.hset(keys.scheduleRequests, ...records);
  }

  /** Undefined where there is none, or none that opens. */
  async read(requestKeys: readonly string[]): Promise<(RequestRecord | undefined)[]> {
    const { redis, keys } = this.parts;
    const records = await redis.hmgetBuffer(keys.scheduleRequests, ...requestKeys);
    return requestKeys.map((key, n) => (records[n] ? this.open(key, records[n]) : undefined));
  }

  /** Undefined when it was not sealed for this key. */
  open(requestKey: string, sealed: Buffer): RequestRecord | undefined {
    const record = this.parts.ring.open(sealed, this.#place(requestKey));
    return record && parseRequestRecord(record.toString());
  }

  async drop(requestKeys: readonly string[]): Promise<void> {
    await this.parts.redis.hdel(this.parts.keys.scheduleRequests, ...requestKeys);
  }

  #place(requestKey: string): string {
    return `${this.parts.keys.scheduleRequests}\0${requestKey}`;
  }
}
