import type { Tracer } from '@opentelemetry/api';
import type { Token } from '#tokens/model/token.js';
import type { TokenRequest } from '#tokens/model/token-request.js';
import { type Tier, TokenStore } from '#tokens/ports/token-store.js';
import { requestAttributes } from './request-attributes.js';
import { inSpan } from './tracer.js';

/** A tier of the cache, with a span for each look and each write. */
export class TracedTokenStore extends TokenStore {
  readonly tier: Tier;

  constructor(
    private readonly store: TokenStore,
    private readonly tracer: Tracer,
  ) {
    super();
    this.tier = store.tier;
  }

  override get(request: TokenRequest): Promise<Token | undefined> {
    return this.#look(request, 'get', () => this.store.get(request));
  }

  override getStale(request: TokenRequest): Promise<Token | undefined> {
    return this.#look(request, 'get_replaced', () => this.store.getStale(request));
  }

  override put(request: TokenRequest, token: Token): Promise<void> {
    return inSpan(this.tracer, `cache.${this.tier}.put`, requestAttributes(request), () =>
      this.store.put(request, token),
    );
  }

  #look(request: TokenRequest, name: string, look: () => Promise<Token | undefined>) {
    return inSpan(this.tracer, `cache.${this.tier}.${name}`, requestAttributes(request), async (tell) => {
      const token = await look();
      tell({ 'token_broker.found': token !== undefined });
      return token;
    });
  }
}
