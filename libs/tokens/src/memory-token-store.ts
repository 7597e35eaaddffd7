import { LRUCache } from 'lru-cache';
import type { Clock } from './clock.js';
import type { TokenRequest } from './token-request.js';
import { TokenStore } from './token-store.js';
import type { Token } from './token.js';

export interface CachedToken {
  request: TokenRequest;
  token: Token;
}

/** Tokens in this process's memory: bounded in number and in size, the least recently used go first. */
export class MemoryTokenStore extends TokenStore {
  readonly tier = 'memory';
  readonly #tokens: LRUCache<string, CachedToken>;

  constructor(
    private readonly clock: Clock,
    bounds: { max: number; maxSize: number } = { max: 100_000, maxSize: 256 * 1024 * 1024 },
  ) {
    super();
    this.#tokens = new LRUCache({
      ...bounds,
      sizeCalculation: ({ token }) => token.accessToken.reveal().length + 1,
    });
  }

  override async get(request: TokenRequest): Promise<Token | undefined> {
    const cached = this.#tokens.get(request.key);
    if (cached === undefined || this.#lives(cached)) return cached?.token;
    this.#tokens.delete(request.key);
    return undefined;
  }

  override async put(request: TokenRequest, token: Token): Promise<void> {
    const cached = this.#tokens.peek(request.key);
    if (cached !== undefined && this.#lives(cached) && cached.token.generation > token.generation) return;
    this.#tokens.set(request.key, { request, token });
  }

  /** All tokens that live, for metrics and the operators' side. Drops those that do not. */
  snapshot(): CachedToken[] {
    for (const [key, cached] of this.#tokens.entries()) {
      if (!this.#lives(cached)) this.#tokens.delete(key);
    }
    return [...this.#tokens.values()];
  }

  /** Drops the tokens whose request the settings no longer make. */
  retain(isCurrent: (request: TokenRequest) => boolean): void {
    for (const [key, { request }] of this.#tokens.entries()) {
      if (!isCurrent(request)) this.#tokens.delete(key);
    }
  }

  #lives({ token }: CachedToken): boolean {
    return token.remaining(this.clock.now()) > 0;
  }
}
