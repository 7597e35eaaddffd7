import type { Random, Clock } from './model/clock.js';
import type { Demand } from './model/demand.js';
import { UpstreamFailure } from './model/failures.js';
import type { Acquisition, Lease, RenewalLock } from './ports/renewal-lock.js';
import type { ServedToken } from './token-cache.js';
import type { TokenEvents } from './ports/token-events.js';
import { TokenFetch, type TokenFetchParts } from './token-fetch.js';
import type { TokenRequest } from './model/token-request.js';

export interface RenewalParts extends TokenFetchParts {
  lock: RenewalLock;
}

/** How much longer than a token request the waiters of another holder wait, at the most. */
const waitBeyondTimeout = 5_000;

/** One new token, however many ask for it. */
export class TokenRenewal {
  readonly #inFlight = new Map<string, Promise<ServedToken>>();
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
   * Joins the renewal in flight for this request, or starts one. So what comes back may be good enough for another
   * demand only, unless its source is `upstream`.
   * @throws UpstreamFailure
   */
  renew(request: TokenRequest, demand: Demand): Promise<ServedToken> {
    const { key } = request;
    const inFlight = this.#inFlight.get(key);
    if (inFlight !== undefined) return inFlight;
    const renewal = this.#renew(request, demand).finally(() => this.#inFlight.delete(key));
    this.#inFlight.set(key, renewal);
    return renewal;
  }

  /** Resolves when no renewal is in flight any more. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#inFlight.values());
  }

  async #renew(request: TokenRequest, demand: Demand): Promise<ServedToken> {
    const deadline = this.clock.now() + request.client.options.timeout + waitBeyondTimeout;
    while (this.clock.now() < deadline) {
      const acquisition = await this.parts.lock.acquire(request);
      this.events.emit({ type: 'lock_attempted', outcome: acquisition.outcome });
      const renewed =
        acquisition.outcome === 'held'
          ? await this.#outcomeOf(acquisition.result, request, demand)
          : await this.#lookAgainOrAsk(request, demand, acquisition);
      if (renewed !== undefined) return renewed;
    }
    throw new UpstreamFailure(
      'unavailable',
      'the wait for another renewal of this token ran out; ask again',
      {
        retryAfter: 1_000,
      },
    );
  }

  /** What somebody else's renewal came to; undefined when it came to nothing. */
  async #outcomeOf(
    settled: Promise<UpstreamFailure | undefined>,
    request: TokenRequest,
    demand: Demand,
  ): Promise<ServedToken | undefined> {
    const failure = await settled;
    if (failure !== undefined) throw failure;
    return this.parts.cache.find(request, demand);
  }

  /** While the lock was awaited, its last holder may have brought the token. Undefined when the lease was lost. */
  async #lookAgainOrAsk(
    request: TokenRequest,
    demand: Demand,
    acquisition: Exclude<Acquisition, { outcome: 'held' }>,
  ): Promise<ServedToken | undefined> {
    const lease =
      acquisition.outcome === 'acquired' ? acquisition.lease : withoutLock(acquisition.generation);
    try {
      const latest = await this.parts.cache.latest(request);
      const isGood = latest !== undefined && this.parts.cache.accepts(latest.token, request, demand);
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
