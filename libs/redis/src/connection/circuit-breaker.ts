import type { Clock } from '#tokens/model/clock.js';
import { inTime } from './deadline.js';
import { RedisMisuse, RedisUnavailable, redisFailure } from './redis-failure.js';

/**
 * Milliseconds: how long an operation may take, and how long after a failure the next is tried. Both together are below
 * the second within which a replica learns of a token that it has missed: one that cannot ask may serve the older one.
 * Writes count as working again when none was refused for `recovery`: each replica writes at least every 3 s.
 */
const timing = { deadline: 500, pause: 400, recovery: 5_000 };

/** Degraded: Redis answers, and refuses writes (MISCONF, OOM, READONLY, NOREPLICAS) or single commands (NOPERM). */
export type RedisState = 'up' | 'degraded' | 'down';

export interface CircuitBreakerOptions {
  onChange?: (state: RedisState, reason?: string) => void;
  times?: Partial<typeof timing>;
  /** Removes what an operation failed at; returns whether it is worth running again. */
  repair?: (error: unknown) => Promise<boolean>;
}

/**
 * After a failure all operations fail at once for a while, then one is let through as a probe. So while Redis is down at
 * most one caller at a time waits for a deadline. A refused command is no failure of this kind: Redis has answered.
 */
export class CircuitBreaker {
  readonly #times: typeof timing;
  #retryAt: number | undefined;
  #refusedAt: number | undefined;
  #reason = '';
  #probing = false;

  constructor(
    private readonly clock: Clock,
    private readonly options: CircuitBreakerOptions = {},
  ) {
    this.#times = { ...timing, ...options.times };
  }

  get state(): RedisState {
    if (this.#retryAt !== undefined) return 'down';
    return this.#refusedAt === undefined ? 'up' : 'degraded';
  }

  get isUp(): boolean {
    return this.state !== 'down';
  }

  /**
   * Runs an operation on Redis, unless it is known to be down.
   * @throws RedisUnavailable when Redis is down, slow or refuses to serve
   * @throws RedisMisuse when Redis works and the operation is a mistake
   */
  async attempt<T>(operation: () => Promise<T>): Promise<T> {
    const isProbe = !this.isUp;
    if (isProbe) this.#admitProbe();
    try {
      const result = await this.#run(operation);
      this.#succeeded();
      return result;
    } catch (error) {
      throw this.#judge(error);
    } finally {
      if (isProbe) this.#probing = false;
    }
  }

  /** Tries this at once, whatever has failed before: the connections stand now. Never rejects. */
  async recheck(operation: () => Promise<unknown>): Promise<void> {
    if (this.#retryAt !== undefined) this.#retryAt = this.clock.now();
    await this.attempt(operation).catch(() => {});
  }

  #admitProbe(): void {
    if (this.#probing || this.clock.now() < this.#retryAt!) throw new RedisUnavailable(this.#reason);
    this.#probing = true;
  }

  async #run<T>(operation: () => Promise<T>): Promise<T> {
    // ioredis has no deadline for a Cluster whose nodes it does not know yet, nor for all its retries there.
    try {
      return await inTime(operation(), this.#times.deadline);
    } catch (error) {
      if (!(await this.options.repair?.(error).catch(() => false))) throw error;
      return await inTime(operation(), this.#times.deadline);
    }
  }

  #succeeded(): void {
    const hasRecovered = this.#hasRecovered;
    this.#change(() => {
      this.#retryAt = undefined;
      if (hasRecovered) this.#refusedAt = undefined;
    });
  }

  /** Whether nothing was refused for some time. */
  get #hasRecovered(): boolean {
    return this.#refusedAt !== undefined && this.clock.now() - this.#refusedAt > this.#times.recovery;
  }

  #judge(error: unknown): unknown {
    if (error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError)
      return error;
    const failure = redisFailure(error);
    if (failure instanceof RedisMisuse) this.#succeeded();
    else {
      const now = this.clock.now();
      // The connection to a replica is opened anew, as it may lead to the new primary: that is no outage.
      const isReopened =
        failure.reason === 'disconnected' && this.state === 'degraded' && !this.#hasRecovered;
      if (!isReopened) this.#reason = failure.reason;
      this.#change(() => {
        this.#retryAt = failure.isRefusal || isReopened ? undefined : now + this.#times.pause;
        if (failure.isRefusal) this.#refusedAt = now;
      });
    }
    return failure;
  }

  #change(act: () => void): void {
    const before = this.state;
    act();
    const after = this.state;
    if (before !== after) this.options.onChange?.(after, after === 'up' ? undefined : this.#reason);
  }
}

/** Called for each operation that Redis failed, and that was done without it. */
export type OnFallback = (operation: string, cause: unknown) => void;

/** For what must not fail with Redis: does it there, or else in the way of a replica that is alone. */
export async function withFallback<T>(
  operation: string,
  shared: () => Promise<T>,
  local: () => T | Promise<T>,
  onFallback: OnFallback,
): Promise<T> {
  try {
    return await shared();
  } catch (cause) {
    onFallback(operation, cause);
    return local();
  }
}
