import { LRUCache } from 'lru-cache';
import type { Clock } from '../model/clock.js';
import { atMost } from '../model/entry-limit.js';
import type { TokenRequest } from '../model/token-request.js';
import { TokenStore } from '../ports/token-store.js';
import type { Token } from '../model/token.js';

export interface CachedToken {
  request: TokenRequest;
  token: Token;
}

interface KeptToken extends CachedToken {
  /** A newer one is known to be in a farther store. */
  replaced: boolean;
}

/** How long a read of a farther store that began before an invalidation may take to bring its token here. */
const slowestRead = 2_000;

/** Tokens in this process's memory: bounded in number and in size, the least recently used go first. */
export class MemoryTokenStore extends TokenStore {
  readonly tier = 'memory';
  readonly #tokens: LRUCache<string, KeptToken>;
  /** The lowest generation that is taken for a key. */
  readonly #floors: LRUCache<string, number>;

  constructor(
    private readonly clock: Clock,
    { max, maxSize }: { max: number; maxSize: number } = { max: 100_000, maxSize: 256 * 1024 * 1024 },
  ) {
    super();
    // By size alone: the cache would reserve the room of `max` entries at once.
    const least = Math.floor(maxSize / max);
    this.#tokens = new LRUCache({
      maxSize,
      sizeCalculation: ({ token }) => Math.max(least, token.accessToken.reveal().length + 1),
    });
    this.#floors = new LRUCache({ ...atMost(10_000), ttl: slowestRead, ttlResolution: 0, perf: clock });
  }

  override async get(request: TokenRequest): Promise<Token | undefined> {
    const kept = this.#kept(request);
    return kept?.replaced ? undefined : kept?.token;
  }

  override cached({ key }: TokenRequest): Token | undefined {
    const kept = this.#tokens.get(key);
    return kept?.replaced ? undefined : kept?.token;
  }

  override async getStale(request: TokenRequest): Promise<Token | undefined> {
    const kept = this.#kept(request);
    return kept?.replaced ? kept.token : undefined;
  }

  /** Whatever copy there is, replaced or not. */
  peek(key: string): CachedToken | undefined {
    return this.#tokens.peek(key);
  }

  override async put(request: TokenRequest, token: Token): Promise<void> {
    if (token.generation < (this.#floors.get(request.key) ?? 0)) return;
    const cached = this.#tokens.peek(request.key);
    const isNewer = cached !== undefined && !cached.replaced && cached.token.generation > token.generation;
    if (isNewer && this.#lives(cached)) return;
    this.#tokens.set(request.key, { request, token, replaced: false });
  }

  /**
   * A token of this generation is in a farther store: an older one is replaced, and none is taken for 2 seconds, since a
   * read that began before may still bring it. A newer one stays, and is given back: the farther store has to have it.
   */
  invalidate(key: string, generation: number): CachedToken | undefined {
    this.#floors.set(key, generation);
    const cached = this.#tokens.peek(key);
    if (cached === undefined || cached.token.generation === generation) return undefined;
    if (cached.token.generation > generation) return cached.replaced ? undefined : cached;
    this.#tokens.set(key, { ...cached, replaced: true });
    return undefined;
  }

  /** All tokens that live and were not replaced, for metrics and the operators' side. Drops those that do not live. */
  snapshot(): CachedToken[] {
    for (const [key, cached] of this.#tokens.entries()) {
      if (!this.#lives(cached)) this.#tokens.delete(key);
    }
    return [...this.#tokens.values()].filter(({ replaced }) => !replaced);
  }

  /** Drops the tokens whose request the settings no longer make. */
  retain(isCurrent: (request: TokenRequest) => boolean): void {
    for (const [key, { request }] of this.#tokens.entries()) {
      if (!isCurrent(request)) this.#tokens.delete(key);
    }
  }

  #kept({ key }: TokenRequest): KeptToken | undefined {
    const kept = this.#tokens.get(key);
    if (kept === undefined || this.#lives(kept)) return kept;
    this.#tokens.delete(key);
    return undefined;
  }

  #lives({ token }: CachedToken): boolean {
    return token.remaining(this.clock.now()) > 0;
  }
}
