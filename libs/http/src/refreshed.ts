import type { Clock } from '#tokens/model/clock.js';

/** All in milliseconds. */
export interface RefreshPolicy {
  /** Age from which a value is fetched anew, in the background. */
  freshFor: number;
  /** Age from which it is not used any more. */
  usableFor: number;
  /** After a failed fetch nothing is fetched for so long, while there is a usable value. */
  backoff: number;
  /** The same while there is none: the failure is thrown again. */
  backoffWithoutValue: number;
}

/** A value that is fetched once for all who ask at a time, kept, refreshed in the background, and kept when that fails. */
export class Refreshed<T> {
  #value: { value: T; fetchedAt: number } | undefined;
  #failure: { error: unknown; at: number } | undefined;
  #inFlight: Promise<T> | undefined;

  constructor(
    private readonly fetch: () => Promise<T>,
    private readonly clock: Clock,
    private readonly policy: RefreshPolicy,
  ) {}

  /** Milliseconds since the value was asked for; Infinity when there is none. */
  get age(): number {
    return this.#value === undefined ? Infinity : this.clock.now() - this.#value.fetchedAt;
  }

  /** Milliseconds of the back-off that are left after a failure. */
  get backoffRemaining(): number {
    if (this.#failure === undefined) return 0;
    const { backoff, backoffWithoutValue } = this.policy;
    const wait = this.#isUsable ? backoff : backoffWithoutValue;
    return Math.max(0, this.#failure.at + wait - this.clock.now());
  }

  /** @throws the error of the fetch when there is no usable value */
  async get(): Promise<T> {
    if (this.#value === undefined || !this.#isUsable) return this.refresh();
    if (this.age >= this.policy.freshFor) this.refresh().catch(() => {});
    return this.#value.value;
  }

  /** Fetches it now, or waits for the fetch in flight. @throws the error of the fetch, or during the back-off the last one */
  async refresh(): Promise<T> {
    if (this.#inFlight === undefined && this.backoffRemaining > 0) throw this.#failure?.error;
    this.#inFlight ??= this.#fetch().finally(() => {
      this.#inFlight = undefined;
    });
    return this.#inFlight;
  }

  get #isUsable(): boolean {
    return this.age < this.policy.usableFor;
  }

  async #fetch(): Promise<T> {
    const fetchedAt = this.clock.now();
    try {
      const value = await this.fetch();
      this.#value = { value, fetchedAt };
      this.#failure = undefined;
      return value;
    } catch (error) {
      this.#failure = { error, at: this.clock.now() };
      throw error;
    }
  }
}
