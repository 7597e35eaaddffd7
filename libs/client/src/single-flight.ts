import { FailureBackoff } from './failure-backoff.js';
import type { Runtime } from './runtime.js';
import type { TokenBrokerError } from './token-broker-error.js';

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
