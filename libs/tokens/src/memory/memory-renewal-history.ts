import { LRUCache } from 'lru-cache';
import type { Clock } from '../model/clock.js';
import { lruOfEntries } from '../model/limits.js';
import {
  type CountedRenewals,
  periodOf,
  periodsKept,
  type RenewalCounts,
  RenewalHistory,
} from '../ports/renewal-history.js';

/** The history that one replica has seen. Bounded: the tokens that were renewed least recently are dropped first. */
export class MemoryRenewalHistory extends RenewalHistory {
  readonly #byToken: LRUCache<string, RenewalCounts[]>;

  constructor(
    private readonly clock: Clock,
    maxTokens = 10_000,
  ) {
    super();
    this.#byToken = new LRUCache(lruOfEntries(maxTokens));
  }

  override async add(counted: readonly CountedRenewals[]): Promise<void> {
    for (const { id, ...counts } of counted) {
      const kept = this.#kept(id);
      const same = kept.find(({ period }) => period === counts.period);
      if (same === undefined) kept.push(counts);
      else Object.assign(same, sumOf(same, counts));
      this.#byToken.set(
        id,
        kept.toSorted((a, b) => a.period - b.period),
      );
    }
  }

  override async of(ids: readonly string[]): Promise<RenewalCounts[][]> {
    return ids.map((id) => this.#kept(id));
  }

  #kept(id: string): RenewalCounts[] {
    const oldest = periodOf(this.clock.wallTime()) - periodsKept;
    return (this.#byToken.peek(id) ?? []).filter(({ period }) => period > oldest);
  }
}

function sumOf(a: RenewalCounts, b: RenewalCounts): RenewalCounts {
  return { period: a.period, renewed: a.renewed + b.renewed, failed: a.failed + b.failed };
}
