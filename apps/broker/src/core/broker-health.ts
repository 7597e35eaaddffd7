import { LRUCache } from 'lru-cache';
import type { Client } from '#tokens/model/client.js';
import type { Clock } from '#tokens/model/clock.js';
import { lruOfEntries } from '#tokens/model/limits.js';
import type { UpstreamFailure } from '#tokens/model/failures.js';
import type { TokenRequest } from '#tokens/model/token-request.js';
import { OverdueRenewals } from '#tokens/overdue-renewals.js';
import type { TokenEvent, TokenEvents } from '#tokens/ports/token-events.js';
import { ClientHealth } from './client-health.js';

export interface LastFailure {
  /** Unix time in milliseconds. */
  at: number;
  failure: UpstreamFailure;
}

/**
 * How this replica is doing, as far as events say: its clients, the last failure of each token, the shared store and how
 * late renewals are. For operators and metrics: no request depends on it.
 */
export class BrokerHealth implements TokenEvents {
  readonly clients: ClientHealth;
  readonly overdue: OverdueRenewals;
  /** By request key, until a renewal succeeds. Bounded: the oldest are dropped first. */
  readonly #failures = new LRUCache<string, LastFailure>(lruOfEntries(10_000));
  #storeChangedAt: number | undefined;
  #isStopping = false;

  constructor(private readonly clock: Clock) {
    this.clients = new ClientHealth(clock);
    this.overdue = new OverdueRenewals(clock);
  }

  /** Why the last renewal of a token failed on this replica; undefined when one has succeeded since. */
  lastFailure({ key }: TokenRequest): LastFailure | undefined {
    return this.#failures.peek(key);
  }

  /** When the shared store last came up or went down: Unix time in milliseconds; undefined before the first change. */
  get storeChangedAt(): number | undefined {
    return this.#storeChangedAt;
  }

  /** Whether requests should be sent to other replicas. */
  get isStopping(): boolean {
    return this.#isStopping;
  }

  stop(): void {
    this.#isStopping = true;
  }

  /** @param isMade whether the settings now in force still make the request */
  replaceClients(clients: readonly Client[], isMade: (request: TokenRequest) => boolean): void {
    this.clients.replaceClients(clients);
    this.overdue.retain(isMade);
  }

  emit(event: TokenEvent): void {
    this.clients.emit(event);
    this.overdue.emit(event);
    switch (event.type) {
      case 'renewed':
        return void this.#failures.delete(event.request.key);
      case 'token_shared':
        return void this.#failures.delete(event.key);
      case 'renewal_failed':
        return void this.#failures.set(event.request.key, {
          at: this.clock.wallTime(),
          failure: event.failure,
        });
      case 'store_changed':
        this.#storeChangedAt = this.clock.wallTime();
        return;
      default:
    }
  }
}
