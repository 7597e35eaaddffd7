import { LRUCache } from 'lru-cache';
import { lruOfEntries } from '#tokens/model/limits.js';
import { type CountedRenewals, type RenewalCounts, RenewalHistory } from '#tokens/ports/renewal-history.js';
import { withFallback, type OnFallback } from '../connection/with-fallback.js';

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
