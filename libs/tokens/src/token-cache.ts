import type { Clock } from './model/clock.js';
import { anyValid, type Demand } from './model/demand.js';
import type { TokenEvents } from './ports/token-events.js';
import type { TokenRequest } from './model/token-request.js';
import type { Tier, TokenStore } from './ports/token-store.js';
import type { Token } from './model/token.js';

export interface ServedToken {
  token: Token;
  source: Tier | 'upstream';
}

type Look = (store: TokenStore) => Promise<Token | undefined>;

/** Milliseconds: the clocks of replicas differ, so a renewal may start that much before its token says. */
const earliness = 500;

/** A token with less is not worth handing out: the answer counts whole seconds. */
const leastRemaining = 1_000;

/** The tiers in which tokens are kept, nearest first, and the one place that judges whether a token is good enough. */
export class TokenCache {
  /** Looks into the shared store that are under way, by request key: a thousand who miss together cost one. */
  readonly #looks = new Map<string, Promise<Token | undefined>>();

  constructor(
    private readonly tiers: readonly TokenStore[],
    private readonly clock: Clock,
    private readonly events: TokenEvents,
    /** False while this replica may have missed that its near copies were replaced. */
    private readonly nearIsTrusted: () => boolean = () => true,
  ) {}

  /** What `find` would give, where that takes no waiting: most requests end here. */
  cached(request: TokenRequest, demand: Demand): ServedToken | undefined {
    const [nearest] = this.tiers;
    const token = this.nearIsTrusted() ? nearest?.cached(request) : undefined;
    if (token === undefined || !this.accepts(token, request, demand)) return undefined;
    return { token, source: nearest!.tier };
  }

  /**
   * The nearest token good enough; while the near copies are not trusted, the newest of those good enough. A broken tier
   * is a miss, and is counted.
   */
  find(request: TokenRequest, demand: Demand): Promise<ServedToken | undefined> {
    const look = (store: TokenStore) => this.#lookTogether(store, request);
    return this.nearIsTrusted()
      ? this.#nearestAccepted(request, demand, look)
      : this.#newestAccepted(request, demand, look);
  }

  /**
   * The newest token that still lives: what all replicas agree on, unless the farther tiers have lost it. For the look
   * under the lock, which must not be answered by this replica's own old copy.
   */
  latest(request: TokenRequest): Promise<ServedToken | undefined> {
    return this.#newestAccepted(request, anyValid(), (store) => store.get(request));
  }

  /** Farthest tier first, so that no replica hands out what the others cannot find. A broken tier is counted. */
  async put(request: TokenRequest, token: Token): Promise<void> {
    await this.#put(request, token, this.tiers);
  }

  accepts(token: Token, request: TokenRequest, demand: Demand): boolean {
    const now = this.clock.now();
    if (demand.rejected !== undefined && token.accessToken.sha256 === demand.rejected) return false;
    if (demand.trigger === 'schedule' || demand.trigger === 'preload') return now < token.renewAt - earliness;
    const margin = demand.minTtl ?? request.client.options.renewal.margin(token.lifetime);
    return token.remaining(now) >= Math.max(margin, leastRemaining);
  }

  async #nearestAccepted(
    request: TokenRequest,
    demand: Demand,
    look: Look,
  ): Promise<ServedToken | undefined> {
    for (const store of this.tiers) {
      const found = await this.#accepted(store, request, demand, look);
      if (found !== undefined) return this.#unlessReplacedIsNewer(found, request, demand);
    }
    return this.#replaced(request, demand);
  }

  /** A farther tier may be behind: after an outage, until the near copies have been put back. */
  async #newestAccepted(request: TokenRequest, demand: Demand, look: Look): Promise<ServedToken | undefined> {
    let newest: ServedToken | undefined;
    for (const store of this.tiers.toReversed()) {
      const found = await this.#accepted(store, request, demand, look);
      if (found === undefined || (newest && newest.token.generation >= found.token.generation)) continue;
      newest = found;
    }
    return newest === undefined
      ? this.#replaced(request, demand)
      : this.#unlessReplacedIsNewer(newest, request, demand);
  }

  async #accepted(
    store: TokenStore,
    request: TokenRequest,
    demand: Demand,
    look: Look,
  ): Promise<ServedToken | undefined> {
    const token = await this.#attempt(store, 'get', () => look(store));
    if (token === undefined || !this.accepts(token, request, demand)) return undefined;
    return { token, source: store.tier };
  }

  async #broughtNear(request: TokenRequest, found: ServedToken): Promise<ServedToken> {
    const nearer = this.tiers.findIndex(({ tier }) => tier === found.source);
    await this.#put(request, found.token, this.tiers.slice(0, nearer));
    return found;
  }

  /** The farther tier may have lost the successor of a near copy, and have an older token again: after a failover. */
  async #unlessReplacedIsNewer(
    found: ServedToken,
    request: TokenRequest,
    demand: Demand,
  ): Promise<ServedToken> {
    if (found.source === this.tiers[0]?.tier) return found;
    const replaced = await this.#replaced(request, demand);
    if (replaced !== undefined && replaced.token.generation > found.token.generation) return replaced;
    return this.#broughtNear(request, found);
  }

  /**
   * A near copy whose successor cannot be had, since the farther tier has lost it or cannot be read. To renew instead
   * would be a herd: each replica's new token would replace the copies of all the others.
   */
  async #replaced(request: TokenRequest, demand: Demand): Promise<ServedToken | undefined> {
    for (const store of this.tiers) {
      const token = await store.getStale(request);
      if (token !== undefined && this.accepts(token, request, demand)) return { token, source: store.tier };
    }
    return undefined;
  }

  #lookTogether(store: TokenStore, request: TokenRequest): Promise<Token | undefined> {
    if (store.tier === 'memory') return store.get(request);
    const underWay = this.#looks.get(request.key);
    if (underWay !== undefined) return underWay;
    const look = store.get(request).finally(() => this.#looks.delete(request.key));
    this.#looks.set(request.key, look);
    return look;
  }

  async #put(request: TokenRequest, token: Token, tiers: readonly TokenStore[]): Promise<void> {
    for (const store of tiers.toReversed()) {
      await this.#attempt(store, 'put', () => store.put(request, token));
    }
  }

  async #attempt<T>(
    store: TokenStore,
    operation: 'get' | 'put',
    act: () => Promise<T>,
  ): Promise<T | undefined> {
    try {
      return await act();
    } catch (cause) {
      this.events.emit({ type: 'store_failed', tier: store.tier, operation, cause });
      return undefined;
    }
  }
}
