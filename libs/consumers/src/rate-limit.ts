import { Failure } from '#tokens/model/failures.js';

/** Milliseconds whose requests may come at one instant. */
const burst = 1_000;

/** The request rate of one consumer at this replica: GCRA (virtual scheduling) with a burst of one second's requests. */
export class RateLimit {
  /** For consumers without a limit. */
  static readonly none = new RateLimit(Infinity);

  readonly #interval: number;
  /** When the next request would arrive if those so far had come evenly. */
  #theoreticalArrival = -Infinity;

  constructor(perSecond: number) {
    this.#interval = 1_000 / perSecond;
  }

  /**
   * Counts a request, whatever its outcome.
   * @param now milliseconds of the monotonic clock
   * @throws Failure `slow_down`
   */
  take(now: number): void {
    const next = Math.max(this.#theoreticalArrival, now - burst) + this.#interval;
    if (next > now) {
      throw new Failure(
        'slow_down',
        'this consumer asks too often; keep a token until its refresh_in has passed, or have maxRequestsPerSecond raised',
        { retryAfter: next - now },
      );
    }
    this.#theoreticalArrival = next;
  }
}
