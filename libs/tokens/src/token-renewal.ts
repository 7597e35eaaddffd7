import type { Random, Clock } from './model/clock.js';
import { anyValid, type Demand } from './model/demand.js';
import { UpstreamFailure } from './model/failures.js';
import type { TokenRequest } from './model/token-request.js';
import type { Lease, RenewalLock } from './ports/renewal-lock.js';
import type { TokenEvents } from './ports/token-events.js';
import type { ServedToken } from './ports/token-store.js';
import { TokenFetch, type TokenFetchParts } from './token-fetch.js';

export interface RenewalParts extends TokenFetchParts {
  lock: RenewalLock;
}

/** Milliseconds beyond the timeout of a token request for which another holder's renewal is waited for. */
const waitBeyondTimeout = 5_000;

/** One new token, however many ask for it: single flight in this process, the lock among all replicas. */
export class TokenRenewal {
  /** Attempts in flight, by request key. */
  readonly #inFlight = new Map<string, Promise<ServedToken | undefined>>();
  /** Request keys whose lock this process holds. */
  readonly #locked = new Set<string>();
  readonly #upstream: TokenFetch;

  constructor(
    private readonly parts: RenewalParts,
    private readonly events: TokenEvents,
    private readonly clock: Clock,
    chance: Random,
  ) {
    this.#upstream = new TokenFetch(parts, events, clock, chance);
  }

  /**
   * Joins the attempt in flight for this request or starts one, until there is a token that meets the demand, or one
   * that the authorization server has just returned, whatever it is good for.
   * @throws UpstreamFailure
   */
  async renew(request: TokenRequest, demand: Demand): Promise<ServedToken> {
    const { cache } = this.parts;
    const deadline = this.clock.now() + request.client.options.timeout + waitBeyondTimeout;
    while (this.clock.now() < deadline) {
      const renewed = (await this.#attempt(request, demand)) ?? (await cache.find(request, demand));
      if (renewed === undefined) continue;
      if (renewed.source === 'upstream' || cache.accepts(renewed.token, request, demand)) return renewed;
    }
    throw new UpstreamFailure(
      'unavailable',
      'timed out waiting for another renewal of this token; try again',
      { retryAfter: 1_000 },
    );
  }

  /** Whether this process is renewing it now. Unknown of other replicas: a lock does not say who holds it. */
  isRenewing({ key }: TokenRequest): boolean {
    return this.#locked.has(key);
  }

  /** Waits for the renewal of this request that is under way, at whichever replica. */
  async awaitOther(request: TokenRequest): Promise<void> {
    const inFlight = this.#inFlight.get(request.key);
    if (inFlight !== undefined) {
      await Promise.allSettled([inFlight]);
      return;
    }
    const acquisition = await this.parts.lock.acquire(request);
    if (acquisition.outcome === 'held') await acquisition.result;
    if (acquisition.outcome === 'acquired') await acquisition.lease.release();
  }

  /** Resolves when no renewal is in flight any more. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#inFlight.values());
  }

  #attempt(request: TokenRequest, demand: Demand): Promise<ServedToken | undefined> {
    const { key } = request;
    const inFlight = this.#inFlight.get(key);
    if (inFlight !== undefined) return inFlight;
    const attempt = this.#lockThenRenew(request, demand).finally(() => this.#inFlight.delete(key));
    this.#inFlight.set(key, attempt);
    return attempt;
  }

  /** Undefined when another holder has ended, or the lease was lost: then it is time to look in the cache. */
  async #lockThenRenew(request: TokenRequest, demand: Demand): Promise<ServedToken | undefined> {
    const acquisition = await this.parts.lock.acquire(request);
    const { outcome } = acquisition;
    this.events.emit({ type: 'lock_attempted', outcome });
    if (outcome === 'error') {
      await this.#refuseToCompete(request, demand);
      return this.#doubleCheckThenFetch(request, demand, withoutLock(acquisition.generation));
    }
    if (outcome === 'held') {
      const failure = await acquisition.result;
      // What the holder could not read or does not know, this replica may.
      if (failure !== undefined && failure.reason !== 'credential_unavailable') throw failure;
      return undefined;
    }
    const since = this.clock.now();
    this.#locked.add(request.key);
    try {
      return await this.#doubleCheckThenFetch(request, demand, acquisition.lease);
    } finally {
      this.#locked.delete(request.key);
      this.events.emit({ type: 'lock_released', request, held: this.clock.now() - since });
    }
  }

  /**
   * Without the lock each replica would end the one token that all of them serve: while it lives it is left alone.
   * @throws UpstreamFailure
   */
  async #refuseToCompete(request: TokenRequest, { rejected }: Demand): Promise<void> {
    if (request.client.options.oneToken === undefined) return;
    if ((await this.parts.cache.find(request, anyValid(rejected))) === undefined) return;
    throw new UpstreamFailure(
      'unavailable',
      `client ${request.client.name} has one token for all replicas, which is not renewed while Redis is down; retry when Redis is up; retry when Redis is up`,
      { retryAfter: 1_000 },
    );
  }

  /** Double-checked locking: the previous holder of the lock may have brought the token. Releases the lease. */
  async #doubleCheckThenFetch(
    request: TokenRequest,
    demand: Demand,
    lease: Lease,
  ): Promise<ServedToken | undefined> {
    const { cache } = this.parts;
    try {
      const latest = await cache.latest(request);
      const isGood = latest !== undefined && cache.accepts(latest.token, request, demand);
      const renewed = isGood ? latest : await this.#upstream.fetch(request, demand, lease, latest?.token);
      await lease.release();
      return renewed;
    } catch (error) {
      await lease.release(error instanceof UpstreamFailure ? error : undefined);
      if (lease.signal?.aborted) return undefined;
      throw error;
    }
  }
}

/** Better two renewals at once than none: the newer of two tokens wins. */
function withoutLock(generation: number): Lease {
  return { generation, release: async () => {} };
}
