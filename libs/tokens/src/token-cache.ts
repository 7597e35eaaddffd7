import type { Clock } from './clock.js';
import type { Demand } from './demand.js';
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

  /** The first token good enough. A broken tier is a miss, and is counted. */
  async find(request: TokenRequest, demand: Demand): Promise<FoundToken | undefined> {
    for (const [position, store] of this.tiers.entries()) {
      const token = await this.#attempt(store, 'get', () => store.get(request));
      if (token === undefined || !this.accepts(token, request, demand)) continue;
      await this.#put(request, token, this.tiers.slice(0, position));
      return { token, source: store.tier };
    }
    return undefined;
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
