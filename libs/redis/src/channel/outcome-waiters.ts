import type { UpstreamFailure } from '#tokens/model/failures.js';

type Wake = (failure?: UpstreamFailure) => void;

/** Those who wait for the outcome of a renewal somewhere else. */
export class OutcomeWaiters {
  readonly #waiting = new Map<string, Set<Wake>>();

  /** How many wait. */
  get size(): number {
    return [...this.#waiting.values()].reduce((sum, { size }) => sum + size, 0);
  }

  /** The next outcome for this request key: the failure, or nothing for a token, or after `patience` milliseconds. */
  next(key: string, patience: number): Promise<UpstreamFailure | undefined> {
    const { promise, resolve } = Promise.withResolvers<UpstreamFailure | undefined>();
    const waiting = this.#waiting.get(key) ?? new Set();
    const wake: Wake = (failure) => {
      clearTimeout(timer);
      waiting.delete(wake);
      if (waiting.size === 0) this.#waiting.delete(key);
      resolve(failure);
    };
    const timer = setTimeout(wake, patience);
    this.#waiting.set(key, waiting.add(wake));
    return promise;
  }

  wake(key: string, failure?: UpstreamFailure): void {
    for (const wake of this.#waiting.get(key) ?? []) wake(failure);
  }

  wakeAll(): void {
    for (const key of this.#waiting.keys()) this.wake(key);
  }
}
