import { backoff } from './backoff.js';
import type { Surroundings } from './surroundings.js';
import type { TokenBrokerError } from './token-broker-error.js';

/** The failures in a row so far, and the pause that they ask for. */
export class Setback {
  readonly #surroundings: Surroundings;
  #failures = 0;
  #failure: TokenBrokerError | undefined;
  #until = -Infinity;

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  /** The last failure, while the pause after it lasts. */
  get current(): TokenBrokerError | undefined {
    return this.remaining > 0 ? this.#failure : undefined;
  }

  /** Milliseconds that the pause still lasts; not positive when it is over. */
  get remaining(): number {
    return this.#until - this.#surroundings.now();
  }

  note(failure: TokenBrokerError): void {
    this.#failures += 1;
    this.#failure = failure;
    const { now, random } = this.#surroundings;
    this.#until = now() + backoff(failure, this.#failures, random);
  }

  clear(): void {
    this.#failures = 0;
    this.#failure = undefined;
    this.#until = -Infinity;
  }
}
