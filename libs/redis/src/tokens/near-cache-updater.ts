import { setTimeout as pause } from 'node:timers/promises';
import type { CachedToken, MemoryTokenStore } from '#tokens/memory/memory-token-store.js';
import type { Random } from '#tokens/model/clock.js';
import type { TokenUpdate } from '../channel/outcome-messages.js';
import type { RedisTokenStore } from './redis-token-store.js';

/** How many near copies are compared at once. */
const batchSize = 100;

/** Replicas start at different times, spread over so many milliseconds per near copy, so that they are no herd. */
const spread = { perToken: 1, most: 2_000 };

/** Keeps the copies in this replica's memory as new as the tokens in Redis, and the other way round: the newest wins. */
export class NearCacheUpdater {
  /** `onFault` is called with the reason why a newer token could not be put back. */
  constructor(
    private readonly memory: MemoryTokenStore,
    private readonly store: RedisTokenStore,
    private readonly chance: Random,
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

  /**
   * Makes up for messages that were missed. Resolves when every near copy is at least as new as what Redis keeps, and the
   * other way round. Where nothing was missed this costs one small command for each.
   * @throws RedisUnavailable
   */
  async catchUp(): Promise<void> {
    const copies = this.memory.snapshot();
    const delay = this.chance() * Math.min(copies.length * spread.perToken, spread.most);
    await pause(delay, undefined, { ref: false });
    for (let start = 0; start < copies.length; start += batchSize) {
      await Promise.all(copies.slice(start, start + batchSize).map((copy) => this.#reconcile(copy)));
    }
  }

  async #reconcile({ request, token }: CachedToken): Promise<void> {
    const kept = await this.store.generation(request);
    if (kept === token.generation) return;
    const newer = kept !== undefined && kept > token.generation ? await this.store.read(request) : undefined;
    if (newer !== undefined) return this.memory.put(request, newer);
    return this.store.putBack(request, token);
  }
}
