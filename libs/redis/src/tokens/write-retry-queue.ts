import type { CachedToken } from '#tokens/memory/memory-token-store.js';
import type { TokenRequest } from '#tokens/model/token-request.js';
import type { Token } from '#tokens/model/token.js';

/** Milliseconds until writing is tried again. */
const pause = 500;

/**
 * Tokens that could not be written. One shard of a Cluster may fail for a moment while the channel works: then nothing
 * else would show that this replica has a token which the others do not know of. Each is tried until it is written,
 * which an older one than that kept counts as.
 */
export class WriteRetryQueue {
  readonly #pendingWrites = new Map<string, CachedToken>();
  #isWaiting = false;

  /** @param write of a token whose life is over there is nothing to write: that is no failure */
  constructor(private readonly write: (request: TokenRequest, token: Token) => Promise<void>) {}

  add(request: TokenRequest, token: Token): void {
    this.#pendingWrites.set(request.key, { request, token });
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    setTimeout(() => void this.#writeAll(), pause).unref();
  }

  async #writeAll(): Promise<void> {
    const tried = [...this.#pendingWrites.values()];
    this.#pendingWrites.clear();
    this.#isWaiting = false;
    for (const { request, token } of tried) {
      await this.write(request, token).catch(() => {
        if (!this.#pendingWrites.has(request.key)) this.add(request, token);
      });
    }
  }
}
