import type { Clock } from './model/clock.js';
import type { PlannedRenewals } from './ports/renewal-schedule.js';
import type { TokenEvent, TokenEvents } from './ports/token-events.js';
import type { TokenRequest } from './model/token-request.js';

/** How late the renewals are that the schedule of this replica has begun, and that have not succeeded yet. */
export class OverdueRenewals implements TokenEvents {
  /** By request key. `since`: when it was due first, an instant of the monotonic clock. */
  readonly #due = new Map<string, { request: TokenRequest; since: number }>();

  constructor(private readonly clock: Clock) {}

  /** Milliseconds by which the most overdue is late; 0 when none is. Those that still wait in the schedule count too. */
  maxLateness(schedule: Pick<PlannedRenewals, 'lateness' | 'isPlanned'>): number {
    this.retain((request) => schedule.isPlanned(request));
    const now = this.clock.now();
    let most = schedule.lateness();
    for (const { since } of this.#due.values()) most = Math.max(most, now - since);
    return most;
  }

  /** Forgets those that are renewed no more: they are not in demand, or the settings no longer make them. */
  retain(isRenewed: (request: TokenRequest) => boolean): void {
    for (const [key, { request }] of this.#due) if (!isRenewed(request)) this.#due.delete(key);
  }

  emit(event: TokenEvent): void {
    switch (event.type) {
      case 'renewal_due': {
        const { request, lag } = event;
        const since = this.#due.get(request.key)?.since ?? this.clock.now() - lag;
        this.#due.set(request.key, { request, since });
        return;
      }
      case 'renewed':
      case 'renewal_skipped':
        return void this.#due.delete(event.request.key);
      case 'token_shared':
        return void this.#due.delete(event.key);
      default:
    }
  }
}
