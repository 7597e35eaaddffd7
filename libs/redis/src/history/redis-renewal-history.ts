import { LRUCache } from 'lru-cache';
import { lruOfEntries } from '#tokens/model/limits.js';
import {
  type CountedRenewals,
  periodOf,
  periodsKept,
  type RenewalCounts,
  RenewalHistory,
} from '#tokens/ports/renewal-history.js';
import { type OnFallback, withFallback } from '../connection/circuit-breaker.js';
import { LuaScript } from '../connection/lua-script.js';
import type { RedisParts } from '../connection/redis-parts.js';

const addRenewals = new LuaScript(new URL('./add-renewals.lua', import.meta.url));

const secondsOfLife = 25 * 60 * 60;

/** Bytes: what is longer was not written by a replica. */
const longest = 2_048;

/** The history of all replicas: one command for each token that was renewed. Throws RedisUnavailable or RedisMisuse. */
export class RedisRenewalHistory extends RenewalHistory {
  constructor(private readonly parts: Pick<RedisParts, 'redis' | 'health' | 'keys' | 'clock'>) {
    super();
  }

  override async add(counted: readonly CountedRenewals[]): Promise<void> {
    const { redis, health, keys, clock } = this.parts;
    const now = periodOf(clock.wallTime());
    const byToken = Map.groupBy(counted, ({ id }) => id);
    await health.attempt(() =>
      Promise.all(
        [...byToken].map(([id, some]) => {
          const additions = some.flatMap(({ period, renewed, failed }) => [period, renewed, failed]);
          return addRenewals.run(redis, [keys.history(id)], [periodsKept, now, secondsOfLife, ...additions]);
        }),
      ),
    );
  }

  override async of(ids: readonly string[]): Promise<RenewalCounts[][]> {
    const { redis, health, keys, clock } = this.parts;
    const texts = await health.attempt(() =>
      Promise.all(ids.map((id) => redis.getrange(keys.history(id), 0, longest - 1))),
    );
    const now = periodOf(clock.wallTime());
    return texts.map((text) =>
      countsIn(text).filter(({ period }) => period > now - periodsKept && period <= now + 1),
    );
  }
}

/** Skips what no replica has written. */
function countsIn(text: string): RenewalCounts[] {
  return [...text.matchAll(/(?<=^| )(\d{1,9}):(\d{1,4}):(\d{1,4})(?= |$)/g)].map((match) => {
    const [, period, renewed, failed] = match.map(Number) as [number, number, number, number];
    return { period, renewed, failed };
  });
}

/**
 * The history of all replicas, and while Redis fails that of this replica, whose part reaches Redis as soon as that
 * answers again. Never throws.
 */
export class ResilientRenewalHistory extends RenewalHistory {
  /** By token and period: what is not in Redis yet. Bounded: the oldest are dropped first. */
  readonly #unsent = new LRUCache<string, CountedRenewals>(lruOfEntries(20_000));

  constructor(
    private readonly shared: RenewalHistory,
    private readonly own: RenewalHistory,
    private readonly onFallback: OnFallback,
  ) {
    super();
  }

  override async add(counted: readonly CountedRenewals[]): Promise<void> {
    await this.own.add(counted);
    const all = [...this.#unsent.values(), ...counted];
    this.#unsent.clear();
    if (all.length === 0) return;
    await withFallback(
      'add_history',
      () => this.shared.add(all),
      () => this.#keep(all),
      this.onFallback,
    );
  }

  override async of(ids: readonly string[]): Promise<RenewalCounts[][]> {
    return withFallback(
      'read_history',
      () => this.shared.of(ids),
      () => this.own.of(ids),
      this.onFallback,
    );
  }

  #keep(counted: readonly CountedRenewals[]): void {
    for (const one of counted) {
      const name = `${one.id} ${one.period}`;
      const { renewed = 0, failed = 0 } = this.#unsent.peek(name) ?? {};
      this.#unsent.set(name, { ...one, renewed: one.renewed + renewed, failed: one.failed + failed });
    }
  }
}
