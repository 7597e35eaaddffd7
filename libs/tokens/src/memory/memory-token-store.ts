import { getHeapStatistics } from 'node:v8';
import { LRUCache } from 'lru-cache';
import type { Client } from '../model/client.js';
import type { Clock } from '../model/clock.js';
import { lruOfEntries } from '../model/limits.js';
import type { TokenRequest } from '../model/token-request.js';
import { NearCache, type NearCopy } from '../ports/token-store.js';
import type { Token } from '../model/token.js';

export type CachedToken = Pick<NearCopy, 'request' | 'token'>;

export interface MemoryBound {
  /** Tokens. */
  max: number;
  /** Bytes of tokens, scopes and what is kept with them. */
  maxSize: number;
  /** Bytes that an entry takes besides token and scopes. */
  perEntry?: number;
}

const mebibyte = 1024 * 1024;

/**
 * An eighth of the heap or of the container's limit, whichever is less, and 256 MiB at most: the schedule, requests and
 * answers in flight need the rest. An entry is taken for 1.2 KB besides its token and scopes.
 */
export function memoryBound(
  heapLimit = oldSpaceLimit(),
  containerLimit = process.constrainedMemory(),
): MemoryBound {
  const limit = containerLimit > 0 ? Math.min(heapLimit, containerLimit) : heapLimit;
  return { max: 100_000, maxSize: Math.floor(Math.min(limit / 8, 256 * mebibyte)), perEntry: 1_200 };
}

/** Milliseconds that a read of the shared store which began before an invalidation may take to bring its token here. */
const invalidationWindow = 2_000;

/** Bytes. V8 adds up to 192 MB of its young generation to what `--max-old-space-size` says, and no token stays there. */
export function oldSpaceLimit(
  options = [process.env['NODE_OPTIONS'], ...process.execArgv].join(' '),
): number {
  const given = [...options.matchAll(/--max[-_]old[-_]space[-_]size=(\d+)/g)].at(-1)?.[1];
  const { heap_size_limit: limit } = getHeapStatistics();
  return given === undefined ? limit : Math.min(limit, Number(given) * mebibyte);
}

/** Tokens in this process's memory: bounded in number and in size, the least recently used are evicted first. */
export class MemoryTokenStore extends NearCache {
  readonly #tokens: LRUCache<string, NearCopy>;
  /** The lowest generation that is accepted for a key. */
  readonly #minGenerations: LRUCache<string, number>;
  /** Client identity -> the generation up to which its tokens have been withdrawn. */
  readonly #withdrawn: LRUCache<string, number>;
  /** Client identity -> when its tokens were withdrawn last. */
  readonly #withdrawnAt = new LRUCache<string, number>(lruOfEntries(1_000));

  constructor(
    private readonly clock: Clock,
    { max, maxSize, perEntry = 0 }: MemoryBound = memoryBound(),
  ) {
    super();
    // By size alone: the cache would reserve the room of `max` entries at once.
    const least = Math.floor(maxSize / max);
    this.#tokens = new LRUCache({
      maxSize,
      sizeCalculation: ({ request, token }) => {
        const texts = [token.accessToken.reveal(), String(token.scopes), String(request.scopes)];
        return Math.max(least, perEntry + 1 + texts.reduce((sum, { length }) => sum + length, 0));
      },
    });
    const recent = { ttl: invalidationWindow, ttlResolution: 0, perf: clock };
    this.#minGenerations = new LRUCache({ ...lruOfEntries(10_000), ...recent });
    this.#withdrawn = new LRUCache({ ...lruOfEntries(1_000), ...recent });
  }

  override copy({ key }: TokenRequest, now = this.clock.now()): NearCopy | undefined {
    const copy = this.#tokens.get(key);
    if (copy === undefined || copy.token.remaining(now) > 0) return copy;
    this.#tokens.delete(key);
    return undefined;
  }

  /** The token of a copy that is not stale. */
  get(request: TokenRequest): Token | undefined {
    const copy = this.copy(request);
    return copy?.isStale ? undefined : copy?.token;
  }

  /** The copy kept, stale or not; it does not count as a use. */
  peek(key: string): CachedToken | undefined {
    return this.#tokens.peek(key);
  }

  override put(request: TokenRequest, token: Token): void {
    if (token.generation < (this.#minGenerations.get(request.key) ?? 0)) return;
    if (token.generation <= (this.#withdrawn.get(request.client.identity) ?? -1)) return;
    const copy = this.#tokens.peek(request.key);
    const isNewer = copy !== undefined && !copy.isStale && copy.token.generation > token.generation;
    if (isNewer && this.#lives(copy)) return;
    this.#tokens.set(request.key, { request, token, source: 'memory', isStale: false });
  }

  /**
   * A token of this generation is in the shared store: an older copy becomes stale, and none is accepted for 2 seconds,
   * since a read that began before may still bring it. A newer copy stays and is returned: the shared store lacks it.
   */
  invalidate(key: string, generation: number): CachedToken | undefined {
    this.#minGenerations.set(key, generation);
    const copy = this.#tokens.peek(key);
    if (copy === undefined || copy.token.generation === generation) return undefined;
    if (copy.token.generation > generation) return copy.isStale ? undefined : copy;
    this.#tokens.set(key, { ...copy, isStale: true });
    return undefined;
  }

  /** All tokens that live and are not stale, for metrics and the management API. Drops those that have expired. */
  snapshot(): CachedToken[] {
    for (const [key, copy] of this.#tokens.entries()) {
      if (!this.#lives(copy)) this.#tokens.delete(key);
    }
    return [...this.#tokens.values()].filter(({ isStale }) => !isStale);
  }

  /**
   * Drops and returns the tokens of a client. Those up to `generation` are not accepted for 2 seconds: a read of the
   * shared store that began before may still bring them.
   */
  withdraw(identity: string, generation?: number): CachedToken[] {
    this.#withdrawnAt.set(identity, this.clock.now());
    if (generation !== undefined) this.#withdrawn.set(identity, generation);
    const own = [...this.#tokens.values()].filter(
      ({ request, token }) =>
        request.client.identity === identity && token.generation <= (generation ?? Infinity),
    );
    for (const { request } of own) this.#tokens.delete(request.key);
    return own;
  }

  /** Whether the tokens of a client have been withdrawn since an instant. */
  wasWithdrawn({ identity }: Client, since: number): boolean {
    return (this.#withdrawnAt.get(identity) ?? -Infinity) > since;
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
