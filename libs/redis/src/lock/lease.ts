import type { Clock } from '#tokens/model/clock.js';
import type { UpstreamFailure } from '#tokens/model/failures.js';
import type { Lease } from '#tokens/ports/renewal-lock.js';

/** Milliseconds that a lock lives in Redis, and between its extensions: one may fail. */
export const lockLife = 3_000;
const extensionInterval = 1_000;

/** Milliseconds for which a holder relies on it: the nodes' clocks may run 1 % faster, and they round. */
export const lockValidity = lockLife * 0.99 - 2;

/** The lock of a lease. No method throws. */
export interface LockHandle {
  /** The value of a lock in the Redis of the tokens, where the write of a token can release it; elsewhere undefined. */
  readonly value?: string;
  /** Unknown: there was no answer. It may still be ours. */
  extend(): Promise<'extended' | 'lost' | 'unknown'>;
  /** Releases the lock and publishes the outcome. */
  release(failure?: UpstreamFailure): Promise<void>;
  /** It is not ours any more. */
  lost(): void;
}

/** The right to one renewal: extended while it is held, and over at the latest when its lock may be another's. */
export class RedisLease implements Lease {
  readonly #lost = new AbortController();
  readonly #extending: NodeJS.Timeout;
  #expiry: NodeJS.Timeout | undefined;
  #validUntil = 0;
  #ended = false;

  /** `askedAt`: the instant of `Clock.now()` before the lock was asked for. */
  constructor(
    readonly generation: number,
    private readonly handle: LockHandle,
    private readonly clock: Clock,
    askedAt: number,
  ) {
    this.#holdUntil(askedAt + lockValidity);
    this.#extending = setInterval(() => void this.#extend(), extensionInterval).unref();
  }

  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  /** What the write of the token is to release: the value of the lock while it is held beside the tokens. */
  get lockValue(): string | undefined {
    return this.#ended ? undefined : this.handle.value;
  }

  /** The write of the token has released the lock: nothing is left to extend or to release. */
  markReleased(): void {
    this.#end();
  }

  async release(failure?: UpstreamFailure): Promise<void> {
    if (this.#ended) return;
    this.#end();
    await this.handle.release(failure);
  }

  async #extend(): Promise<void> {
    const askedAt = this.clock.now();
    // The whole process was paused: then this timer may run before that of the expiry.
    if (askedAt >= this.#validUntil) return this.#expire();
    const answer = await this.handle.extend();
    if (this.#ended) return;
    if (answer === 'extended') this.#holdUntil(askedAt + lockValidity);
    if (answer === 'lost') this.#lose();
  }

  #holdUntil(instant: number): void {
    this.#validUntil = instant;
    clearTimeout(this.#expiry);
    this.#expiry = setTimeout(() => this.#expire(), instant - this.clock.now()).unref();
  }

  /** Unless it was extended in time, and this process was too busy to read the reply: that is read first. */
  #expire(): void {
    setImmediate(() => {
      if (this.clock.now() >= this.#validUntil) this.#lose();
    });
  }

  #lose(): void {
    if (this.#ended) return;
    this.#end();
    this.handle.lost();
    this.#lost.abort(new Error('the lock of this renewal was lost'));
  }

  #end(): void {
    this.#ended = true;
    clearInterval(this.#extending);
    clearTimeout(this.#expiry);
  }
}
