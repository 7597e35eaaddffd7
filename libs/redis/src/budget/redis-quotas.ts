import { LRUCache } from 'lru-cache';
import type { Client } from '#tokens/model/client.js';
import { lruOfEntries } from '#tokens/model/limits.js';
import { QuotaLedger } from '#tokens/model/quota.js';
import { LuaScript } from '../connection/lua-script.js';
import type { RedisParts } from '../connection/redis-parts.js';

const replace = new LuaScript(new URL('./replace.lua', import.meta.url));

/** Milliseconds: longer than the longest window. */
const life = 33 * 24 * 3_600_000;

/** Bytes of the longest ledger that a replica writes. */
const longest = 8 * 1024;

/** How often what another replica has changed meanwhile is looked at again. */
const attempts = 20;

/** The quotas of all replicas: read, and replaced unless another replica was faster. Throws RedisUnavailable. */
export class RedisQuotas {
  /** By client identity: as last seen. */
  readonly #seen = new LRUCache<string, QuotaLedger>(lruOfEntries(1_000));

  constructor(private readonly parts: RedisParts) {}

  /** As this replica has last seen it, on the clock of Redis. */
  ledger({ identity }: Client): QuotaLedger {
    return this.#seen.get(identity) ?? QuotaLedger.empty;
  }

  /** @param change returns what is to be kept, or nothing when nothing changes */
  async change<T extends { ledger?: QuotaLedger }>(
    client: Client,
    change: (ledger: QuotaLedger) => T,
  ): Promise<T> {
    const { redis, keys, redisClock, health } = this.parts;
    const key = keys.quota(client.identity);
    return health.attempt(async () => {
      for (let attempt = 1; ; attempt++) {
        const before = await redis.getrange(key, 0, longest);
        const result = change(QuotaLedger.parse(before, redisClock.now()));
        const isLast = attempt === attempts;
        if (result.ledger === undefined) return result;
        const isKept = (await replace.run(redis, [key], [before, String(result.ledger), life])) === 1;
        if (!isKept && !isLast) continue;
        this.#seen.set(client.identity, result.ledger);
        return result;
      }
    });
  }
}
