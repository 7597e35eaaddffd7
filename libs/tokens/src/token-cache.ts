import type { Clock } from './model/clock.js';
import { anyValid, type Demand } from './model/demand.js';
import type { Token } from './model/token.js';
import type { TokenRequest } from './model/token-request.js';
import type { Lease } from './ports/renewal-lock.js';
import type { TokenEvents } from './ports/token-events.js';
import type { NearCache, NearCopy, ServedToken, TokenStore } from './ports/token-store.js';

/** Milliseconds: the clocks of replicas differ, so a renewal may start that much before its token says. */
const clockTolerance = 500;

/** Milliseconds. A token with less is not worth serving: `expires_in` counts whole seconds. */
const minServableLifetime = 1_000;

/** Two tiers, the replica's memory before the shared store, and the one place that judges whether a token is good enough. */
export class TokenCache {
  /** Reads of the shared store in flight, by request key: a thousand that miss together cost one. */
  readonly #reads = new Map<string, Promise<Token | undefined>>();

  constructor(
    private readonly near: NearCache,
    private readonly shared: TokenStore | undefined,
    private readonly clock: Clock,
    private readonly events: TokenEvents,
    /** Not live while this replica may have missed that its near copies were superseded. */
    private readonly updates: { readonly isLive: boolean } = { isLive: true },
  ) {}

  /** What `find` would return, where that takes no waiting: most requests end here. Allocates nothing. */
  cached(request: TokenRequest, demand: Demand, now: number): ServedToken | undefined {
    if (!this.updates.isLive) return undefined;
    const near = this.near.copy(request, now);
    return near !== undefined && this.#isCurrent(near, request, demand, now) ? near : undefined;
  }

  /** The near copy, whatever it is good for. */
  copy(request: TokenRequest): NearCopy | undefined {
    return this.near.copy(request);
  }

  /**
   * The near copy if it is good enough, otherwise the shared token; while the near copies are not coherent, the newer of
   * the two. A broken shared store is a miss, and is counted.
   */
  find(request: TokenRequest, demand: Demand): Promise<ServedToken | undefined> {
    return this.findBeside(this.near.copy(request), request, demand);
  }

  /** As `find`, for a caller that has looked at the near copy. */
  async findBeside(
    near: NearCopy | undefined,
    request: TokenRequest,
    demand: Demand,
  ): Promise<ServedToken | undefined> {
    if (near !== undefined && this.updates.isLive && this.#isCurrent(near, request, demand)) return near;
    return this.#newest(request, demand, near, (store, known) => this.#coalescedRead(store, request, known));
  }

  /**
   * The newest token that still lives: what all replicas agree on, unless the shared store has lost it. For the look
   * under the lock: neither this replica's own copy nor a read that began before the lock was acquired may answer it.
   */
  latest(request: TokenRequest): Promise<ServedToken | undefined> {
    const near = this.near.copy(request);
    return this.#newest(request, anyValid(), near, (store, known) => store.get(request, known));
  }

  /** Into the shared store first, so that no replica serves what the others cannot find. A broken store is counted. */
  async put(request: TokenRequest, token: Token, lease?: Lease): Promise<void> {
    if (this.shared !== undefined) {
      const { shared } = this;
      await this.#attempt(shared, 'put', () => shared.put(request, token, lease));
    }
    this.near.put(request, token);
  }

  accepts(token: Token, request: TokenRequest, demand: Demand, now = this.clock.now()): boolean {
    if (demand.rejected !== undefined && token.accessToken.sha256 === demand.rejected) return false;
    return token.remaining(now) >= margin(token, request, demand);
  }

  #isCurrent(copy: NearCopy, request: TokenRequest, demand: Demand, now?: number): boolean {
    return !copy.isStale && this.accepts(copy.token, request, demand, now);
  }

  /**
   * The shared token, unless the near copy is newer: the shared store may be behind after an outage, or have lost the
   * successor of a stale copy by a failover. A stale copy is served rather than renewed when its successor cannot be
   * had: each replica's new token would supersede the copies of all the others.
   */
  async #newest(
    request: TokenRequest,
    demand: Demand,
    near: NearCopy | undefined,
    read: (store: TokenStore, known: Token | undefined) => Promise<Token | undefined>,
  ): Promise<ServedToken | undefined> {
    const { shared } = this;
    const known = near?.isStale === false ? near.token : undefined;
    const token = shared && (await this.#attempt(shared, 'get', () => read(shared, known)));
    // Judged after the read, which may have taken a while.
    const copy = near !== undefined && this.accepts(near.token, request, demand) ? near : undefined;
    if (shared === undefined || token === undefined || !this.accepts(token, request, demand)) return copy;
    if (copy !== undefined && copy.token.generation > token.generation) return copy;
    this.near.put(request, token);
    return { token, source: shared.tier };
  }

  #coalescedRead(
    store: TokenStore,
    request: TokenRequest,
    known: Token | undefined,
  ): Promise<Token | undefined> {
    const inFlight = this.#reads.get(request.key);
    if (inFlight !== undefined) return inFlight;
    const read = store.get(request, known).finally(() => this.#reads.delete(request.key));
    this.#reads.set(request.key, read);
    return read;
  }

  async #attempt<T>(
    { tier }: TokenStore,
    operation: 'get' | 'put',
    act: () => Promise<T>,
  ): Promise<T | undefined> {
    try {
      return await act();
    } catch (cause) {
      this.events.emit({ type: 'store_failed', tier, operation, cause });
      return undefined;
    }
  }
}

/** Milliseconds that the token must still be valid: all in which the demands differ. */
function margin(token: Token, { client }: TokenRequest, { trigger, minTtl }: Demand): number {
  const isRenewal = trigger === 'schedule' || trigger === 'preload';
  if (isRenewal) return token.expiresAt - token.renewAt + clockTolerance;
  return Math.max(minTtl ?? client.options.renewal.margin(token.lifetime), minServableLifetime);
}
