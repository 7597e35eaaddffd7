import type { Clock } from './clock.js';
import { anyValid, type Demand } from './demand.js';
import type { TokenEvents } from './token-events.js';
import type { TokenRequest } from './token-request.js';
import type { Tier, TokenStore } from './token-store.js';
import type { Token } from './token.js';

export interface FoundToken {
  token: Token;
  source: Tier | 'upstream';
}

/** A token with less is not worth handing out: the answer counts whole seconds. */
const leastRemaining = 1_000;

/** The tiers in which tokens are kept, nearest first, and the one place that judges whether a token is good enough. */
export class TokenCache {
  constructor(
    private readonly tiers: readonly TokenStore[],
    private readonly clock: Clock,
    private readonly events: TokenEvents,
  ) {}

  /** The first token good enough, nearest tier first. A broken tier is a miss, and is counted. */
  find(request: TokenRequest, demand: Demand): Promise<FoundToken | undefined> {
    return this.#firstAccepted(this.tiers, request, demand);
  }

  /**
   * What all replicas agree on: the farthest tier's token that still lives, or else a nearer one's. For the look under
   * the lock, which must not be answered by this replica's own old copy.
   */
  latest(request: TokenRequest): Promise<FoundToken | undefined> {
    return this.#firstAccepted(this.tiers.toReversed(), request, anyValid());
  }

  /** Farthest tier first, so that no replica hands out what the others cannot find. A broken tier is counted. */
  async put(request: TokenRequest, token: Token): Promise<void> {
    await this.#put(request, token, this.tiers);
  }

  accepts(token: Token, request: TokenRequest, demand: Demand): boolean {
    const now = this.clock.now();
    if (demand.rejected !== undefined && token.accessToken.sha256 === demand.rejected) return false;
    if (demand.trigger === 'schedule' || demand.trigger === 'preload') return now < token.renewAt;
    const margin = demand.minTtl ?? request.client.options.renewal.margin(token.lifetime);
    return token.remaining(now) >= Math.max(margin, leastRemaining);
  }

  async #firstAccepted(
    stores: readonly TokenStore[],
    request: TokenRequest,
    demand: Demand,
  ): Promise<FoundToken | undefined> {
    for (const store of stores) {
      const token = await this.#attempt(store, 'get', () => store.get(request));
      if (token === undefined || !this.accepts(token, request, demand)) continue;
      await this.#put(request, token, this.tiers.slice(0, this.tiers.indexOf(store)));
      return { token, source: store.tier };
    }
    return undefined;
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
