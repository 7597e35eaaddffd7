import type { CachedToken, MemoryTokenStore } from '#tokens/memory/memory-token-store.js';
import type { TokenUpdate } from '../channel/outcome-messages.js';
import type { RedisTokenStore } from './redis-token-store.js';

/** The copies in this replica's memory, as they follow what is told of new tokens. */
export class NearCacheUpdater {
  /** `onFault` is told why a newer token could not be put back. */
  constructor(
    private readonly memory: MemoryTokenStore,
    private readonly store: RedisTokenStore,
    private readonly onFault: (cause: unknown) => void = () => {},
  ) {}

  /**
   * The new token takes the place of an older copy, and is what comes back. A copy that is newer still is put back:
   * Redis has lost it.
   */
  apply(news: TokenUpdate): CachedToken | undefined {
    const copy = this.memory.peek(news.key);
    const newer = this.memory.invalidate(news.key, news.generation);
    if (newer !== undefined) this.store.putBack(newer.request, newer.token).catch(this.onFault);
    if (copy === undefined || copy.token.generation >= news.generation) return undefined;
    const token = this.store.open(copy.request, news);
    if (token === undefined) return undefined;
    void this.memory.put(copy.request, token);
    return { request: copy.request, token };
  }
}
