import type { Clock } from '#tokens/model/clock.js';
import { inTime } from './deadline.js';
import { RedisMisuse, RedisUnavailable, redisFailure } from './redis-failure.js';

/**
 * Milliseconds: how long an operation may take, and how long after a failure the next is tried. Both together are below
 * the second within which a replica learns of a token that it has missed: one that cannot ask may hand out the older one.
 */
const timing = { deadline: 500, pause: 400 };

/**
 * A circuit breaker: after a failure all operations fail at once for a while, then one is let through as a probe. So
 * while Redis is away at most one caller at a time waits for a deadline.
 */
export class CircuitBreaker {
  #retryAt: number | undefined;
  #reason = '';
  #probing = false;

  /** `onChange` is told each time Redis goes down (with the reason) or comes back. */
  constructor(
    private readonly clock: Clock,
    private readonly onChange: (isUp: boolean, reason?: string) => void = () => {},
    private readonly times: typeof timing = timing,
  ) {}

  get isUp(): boolean {
    return this.#retryAt === undefined;
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
      // ioredis has no deadline for a Cluster whose nodes it does not know yet, nor for all its retries there.
      const result = await inTime(operation(), this.times.deadline);
      this.#close();
      return result;
    } catch (error) {
      throw this.#judge(error);
    } finally {
      if (isProbe) this.#probing = false;
    }
  }

  #admitProbe(): void {
    if (this.#probing || this.clock.now() < this.#retryAt!) throw new RedisUnavailable(this.#reason);
    this.#probing = true;
  }

  #judge(error: unknown): unknown {
    if (error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError)
      return error;
    const failure = redisFailure(error);
    if (failure instanceof RedisMisuse) this.#close();
    else this.#open(failure.reason);
    return failure;
  }

  #close(): void {
    if (this.isUp) return;
    this.#retryAt = undefined;
    this.onChange(true);
  }

  #open(reason: string): void {
    const wasUp = this.isUp;
    this.#retryAt = this.clock.now() + this.times.pause;
    this.#reason = reason;
    if (wasUp) this.onChange(false, reason);
  }
}
