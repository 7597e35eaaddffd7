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

  /** @param message the error description of a caller beyond the limit */
  constructor(
    perSecond: number,
    private readonly message = 'this consumer exceeds maxRequestsPerSecond; reuse each token until its refresh_in has passed, or have the limit raised',
  ) {
    this.#interval = 1_000 / perSecond;
  }

  /**
   * Counts a request, whatever its outcome.
   * @param now milliseconds of the monotonic clock
   * @throws Failure `slow_down`
   */
  take(now: number): void {
    this.check(now);
    this.charge(now);
  }

  /**
   * Counts nothing.
   * @throws Failure `slow_down` when `take` would throw it
   */
  check(now: number): void {
    const next = this.#next(now);
    if (next > now) throw this.#exceeded(next - now);
  }

  /**
   * Counts work that has been admitted already: what is too much delays the next request.
   * @param cost of how many plain requests
   */
  charge(now: number, cost = 1): void {
    this.#theoreticalArrival = this.#next(now, cost);
  }

  #next(now: number, cost = 1): number {
    return Math.max(this.#theoreticalArrival, now - burst) + cost * this.#interval;
  }

  #exceeded(retryAfter: number): Failure {
    return new Failure('slow_down', this.message, { retryAfter });
  }
}
