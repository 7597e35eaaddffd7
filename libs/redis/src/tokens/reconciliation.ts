import { setTimeout as pause } from 'node:timers/promises';
import type { Random } from '#tokens/model/clock.js';
import type { CachedToken, MemoryTokenStore } from '#tokens/memory/memory-token-store.js';
import type { RedisTokenStore } from './redis-token-store.js';

/** How many near copies are compared at once. */
const batchSize = 100;

/** Replicas start at different times, spread over so many milliseconds per near copy, so that they are no herd. */
const spread = { perToken: 1, most: 2_000 };

/** Brings the near copies and Redis together after one may have missed what came to the other: the newest wins. */
export class Reconciliation {
  constructor(
    private readonly near: MemoryTokenStore,
    private readonly store: RedisTokenStore,
    private readonly chance: Random,
  ) {}

  /**
   * Resolves when every near copy is at least as new as what Redis keeps, and the other way round. Where nothing was
   * missed this costs one small command for each.
   * @throws RedisUnavailable
   */
  async run(): Promise<void> {
    const copies = this.near.snapshot();
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
    if (newer !== undefined) return this.near.put(request, newer);
    return this.store.putBack(request, token);
  }
}
