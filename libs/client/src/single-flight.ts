import type { Runtime } from './runtime.js';
import type { TokenBrokerError } from './token-broker-error.js';

const first = 200;
const longest = 10_000;
/** The broker shields the authorization server: a consumer that calls it each minute does no harm, and soon sees a repair. */
const longestRetryAfter = 60_000;

/**
 * Milliseconds to wait after this many failures in a row (1 or more): what `Retry-After` says, 1 min at most and up to a
 * tenth later; without it doubling from 0.2 s to 10 s, minus a random part of up to a half.
 */
export function backoffDelay(failure: TokenBrokerError, failures: number, random: () => number): number {
  if (failure.retryAfter !== undefined) {
    return Math.min(failure.retryAfter * 1000, longestRetryAfter) * (1 + random() / 10);
  }
  return Math.min(first * 2 ** (failures - 1), longest) * (1 - random() / 2);
}

/** Counts failures in a row, and delays the next attempt. */
export class FailureBackoff {
  readonly #runtime: Runtime;
  #failures = 0;
  #failure: TokenBrokerError | undefined;
  #until = -Infinity;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  /** The last failure, while its delay lasts. */
  get current(): TokenBrokerError | undefined {
    return this.remaining > 0 ? this.#failure : undefined;
  }

  /** Milliseconds of the delay that are left; not positive when it is over. */
  get remaining(): number {
    return this.#until - this.#runtime.now();
  }

  record(failure: TokenBrokerError): void {
    this.#failures += 1;
    this.#failure = failure;
    const { now, random } = this.#runtime;
    this.#until = now() + backoffDelay(failure, this.#failures, random);
  }

  clear(): void {
    this.#failures = 0;
    this.#failure = undefined;
    this.#until = -Infinity;
  }
}

/** One kind of request to the broker: at most one in flight, which all callers share, and a backoff after failures. */
export class SingleFlight<T> {
  readonly backoff: FailureBackoff;
  #inFlight: Promise<T> | undefined;

  constructor(runtime: Runtime) {
    this.backoff = new FailureBackoff(runtime);
  }

  /** Joins the one in flight, or starts it. @throws TokenBrokerError */
  run(work: () => Promise<T>): Promise<T> {
    return (this.#inFlight ??= this.#start(work).finally(() => (this.#inFlight = undefined)));
  }

  /** Starts it without waiting, unless one is in flight or the backoff lasts. */
  runInBackground(work: () => Promise<T>): void {
    if (this.#inFlight === undefined && this.backoff.current === undefined) this.run(work).catch(() => {});
  }

  async #start(work: () => Promise<T>): Promise<T> {
    try {
      const outcome = await work();
      this.backoff.clear();
      return outcome;
    } catch (error) {
      this.backoff.record(error as TokenBrokerError);
      throw error;
    }
  }
}
