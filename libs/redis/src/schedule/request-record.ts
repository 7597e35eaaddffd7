import { LuaScript } from '../connection/lua-script.js';
import { ScopeSet } from '#tokens/model/scope-set.js';
import type { TokenRequest } from '#tokens/model/token-request.js';
import type { RedisParts } from '../connection/redis-parts.js';

/** A token request as another replica can make it again, from its own settings. */
export interface RequestRecord {
  /** The client's name in the settings. */
  client: string;
  scopes: ScopeSet;
  targets: readonly string[];
}

/** A token request as JSON, to be sealed: a list of its client's name, its scopes, and its targets. */
export function requestRecord({ client, scopes, targets }: TokenRequest): string {
  return JSON.stringify([client.name, scopes, ...targets]);
}

/** Undefined for whatever `requestRecord` has not made; never throws. */
export function parseRequestRecord(text: string): RequestRecord | undefined {
  try {
    const parts: unknown = JSON.parse(text);
    if (!isStrings(parts)) return undefined;
    const [client, scopes, ...targets] = parts;
    if (client === undefined || scopes === undefined) return undefined;
    return { client, scopes: ScopeSet.parse(scopes), targets };
  } catch {
    return undefined;
  }
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

/** A SHA-256 in base64url. */
export const requestKeyLength = 43;

const scanRequests = new LuaScript(new URL('./scan-requests.lua', import.meta.url));
const readRequests = new LuaScript(new URL('./read-requests.lua', import.meta.url));

/** How many entries one step of a search looks at. */
const pageSize = 500;

/** Bytes of a sealed record: scopes and resources are bounded by the consumer API. */
const longest = 64 * 1024;

/** The token requests that are planned, sealed in Redis, so that a replica can take over what another one has planned. */
export class SealedRequests {
  constructor(private readonly parts: Pick<RedisParts, 'redis' | 'keys' | 'ring' | 'onRepair'>) {}

  /** All that open, in parts. @throws RedisUnavailable */
  async *pages({
    health,
  }: Pick<RedisParts, 'health'>): AsyncGenerator<{ key: string; record: RequestRecord }[]> {
    let cursor = '0';
    do {
      const { next, found } = await health.attempt(() => this.#scan(cursor, pageSize, 1));
      cursor = next;
      yield found.flatMap(({ key, record }) => (record === undefined ? [] : [{ key, record }]));
    } while (cursor !== '0');
  }

  /** How many of some there are, and how many of them open. Changes nothing. */
  async sample(count: number): Promise<{ seen: number; opened: number }> {
    const { found } = await this.#scan('0', count, 0);
    return { seen: found.length, opened: found.filter(({ record }) => record !== undefined).length };
  }

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
    const { redis, keys, onRepair } = this.parts;
    const reply = await readRequests.runForBuffers(redis, [keys.scheduleRequests], [longest, ...requestKeys]);
    const [removed, ...records] = reply as [number, ...(Buffer | null)[]];
    if (removed > 0) onRepair();
    return requestKeys.map((key, n) => (records[n] ? this.#open(key, records[n]) : undefined));
  }

  /** Undefined when it was not sealed for this key. */
  #open(requestKey: string, sealed: Buffer): RequestRecord | undefined {
    const record = this.parts.ring.open(sealed, this.#place(requestKey));
    return record && parseRequestRecord(record.toString());
  }

  async drop(requestKeys: readonly string[]): Promise<void> {
    await this.parts.redis.hdel(this.parts.keys.scheduleRequests, ...requestKeys);
  }

  async #scan(
    cursor: string,
    count: number,
    mend: 0 | 1,
  ): Promise<{ next: string; found: { key: string; record: RequestRecord | undefined }[] }> {
    const { redis, keys, onRepair } = this.parts;
    const args = [cursor, count, longest, requestKeyLength, mend];
    const reply = await scanRequests.runForBuffers(redis, [keys.scheduleRequests], args);
    const [next, removed, entries] = reply as [Buffer, number, Buffer[]];
    if (removed > 0) onRepair();
    const found = Array.from({ length: entries.length / 2 }, (_, n) => {
      const key = String(entries[2 * n]);
      return { key, record: this.#open(key, entries[2 * n + 1]!) };
    });
    return { next: String(next), found };
  }

  #place(requestKey: string): string {
    return `${this.parts.keys.scheduleRequests}\0${requestKey}`;
  }
}
