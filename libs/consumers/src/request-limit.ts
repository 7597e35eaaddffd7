import { Failure } from '#tokens/model/failures.js';

/** Milliseconds whose requests may come at once. */
const burst = 1_000;

/** How often a consumer may ask this replica: a token bucket that holds the requests of one second. */
export class RequestLimit {
  /** For consumers without a limit. */
  static readonly none = new RequestLimit(Infinity);

  readonly #interval: number;
  /** The instant up to which the requests let through so far would have come, had they come evenly. */
  #usedUpTo = -Infinity;

  constructor(perSecond: number) {
    this.#interval = 1_000 / perSecond;
  }

  /** @param now milliseconds of the monotonic clock */
  admits(now: number): boolean {
    return this.#next(now) <= now;
  }

  /**
   * Counts a request, whatever becomes of it.
   * @param now milliseconds of the monotonic clock
   * @throws Failure `slow_down`
   */
  take(now: number): void {
    const next = this.#next(now);
    if (next > now) {
      throw new Failure(
        'slow_down',
        'this consumer asks too often; keep a token until its refresh_in has passed, or have maxRequestsPerSecond raised',
        { retryAfter: next - now },
      );
    }
    this.#usedUpTo = next;
  }

  #next(now: number): number {
    return Math.max(this.#usedUpTo, now - burst) + this.#interval;
  }
}
