import type { Clock } from '#tokens/model/clock.js';
import type { TokenEvent, TokenEvents } from '#tokens/ports/token-events.js';
import { type CountedRenewals, periodOf } from '#tokens/ports/renewal-history.js';

/** How many tokens are counted between two calls of `take`: a sweep renews fewer in that time. */
const maxCounted = 20_000;

/** Counts the renewals of this replica by token, until they are taken into the history. */
export class RenewalCounter implements TokenEvents {
  #counted = new Map<string, CountedRenewals>();

  constructor(private readonly clock: Clock) {}

  emit(event: TokenEvent): void {
    if (event.type === 'renewed') this.#count(event.request.id, 'renewed');
    // During a cool-down no attempt is made.
    if (event.type === 'renewal_failed' && !event.failure.fromCooldown)
      this.#count(event.request.id, 'failed');
  }

  /** What was counted since the last call. */
  take(): CountedRenewals[] {
    const counted = [...this.#counted.values()];
    this.#counted = new Map();
    return counted;
  }

  #count(id: string, outcome: 'renewed' | 'failed'): void {
    const period = periodOf(this.clock.wallTime());
    const name = `${id} ${period}`;
    const counts = this.#counted.get(name) ?? { id, period, renewed: 0, failed: 0 };
    if (this.#counted.size >= maxCounted && !this.#counted.has(name)) return;
    counts[outcome]++;
    this.#counted.set(name, counts);
  }
}
