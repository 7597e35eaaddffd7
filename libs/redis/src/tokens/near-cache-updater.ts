import type { CachedToken, MemoryTokenStore } from '#tokens/memory/memory-token-store.js';
import type { TokenUpdate } from '../channel/outcome-messages.js';
import type { RedisTokenStore } from './redis-token-store.js';

/** Updates the copies in this replica's memory with the tokens that are published. */
export class NearCacheUpdater {
  /** `onFault` is called with the reason why a newer token could not be put back. */
  constructor(
    private readonly memory: MemoryTokenStore,
    private readonly store: RedisTokenStore,
    private readonly onFault: (cause: unknown) => void = () => {},
  ) {}

  /**
   * Replaces an older copy by the new token, and returns that. A copy that is newer still is put back: Redis has lost it.
   * A generation of a time to come is ignored: no replica has given it, and no token could ever be newer.
   */
  apply(update: TokenUpdate): CachedToken | undefined {
    if (update.generation > this.store.highestGeneration()) return undefined;
    const copy = this.memory.peek(update.key);
    const newer = this.memory.invalidate(update.key, update.generation);
    if (newer !== undefined) this.store.putBack(newer.request, newer.token).catch(this.onFault);
    if (copy === undefined || copy.token.generation >= update.generation) return undefined;
    const token = this.store.open(copy.request, update);
    if (token === undefined) return undefined;
    this.memory.put(copy.request, token);
    return { request: copy.request, token };
  }
}
