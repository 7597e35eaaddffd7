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
    const { redis, keys } = this.parts;
    let cursor = '0';
    do {
      const [next, entries] = await health.attempt(() =>
        redis.hscanBuffer(keys.scheduleRequests, cursor, 'COUNT', pageSize),
      );
      cursor = String(next);
      const page: { key: string; record: RequestRecord }[] = [];
      for (let n = 0; n + 1 < entries.length; n += 2) {
        const key = String(entries[n]);
        const record = this.open(key, entries[n + 1]!);
        if (record !== undefined) page.push({ key, record });
      }
      yield page;
    } while (cursor !== '0');
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
