import type { Clock } from './model/clock.js';
import { type Acquisition, type Lease, RenewalLock } from './ports/renewal-lock.js';
import type { TokenEvents } from './ports/token-events.js';
import type { TokenRequest } from './model/token-request.js';

/** A lock that tells how long each of its leases was held, and which are held now by this process. */
export class ObservedRenewalLock extends RenewalLock {
  /** Request keys. */
  readonly #held = new Set<string>();

  constructor(
    private readonly lock: RenewalLock,
    private readonly events: TokenEvents,
    private readonly clock: Clock,
  ) {
    super();
  }

  override async acquire(request: TokenRequest): Promise<Acquisition> {
    const acquisition = await this.lock.acquire(request);
    if (acquisition.outcome !== 'acquired') return acquisition;
    this.#held.add(request.key);
    return { outcome: 'acquired', lease: this.#observed(request, acquisition.lease) };
  }

  /** Whether this process renews it right now. Not known of other replicas: the lock tells that it is held, not by whom. */
  isHeld({ key }: TokenRequest): boolean {
    return this.#held.has(key);
  }

  #observed(request: TokenRequest, lease: Lease): Lease {
    const since = this.clock.now();
    const { generation, signal } = lease;
    return {
      generation,
      ...(signal !== undefined && { signal }),
      release: async (failure) => {
        await lease.release(failure);
        this.#held.delete(request.key);
        this.events.emit({ type: 'lock_released', request, held: this.clock.now() - since });
      },
    };
  }
}
