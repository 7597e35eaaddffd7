import { CheckedAsk, spelling, type TokenAsk } from './token-ask.js';
import type { NearCopy } from './near-copy.js';

/** One near copy for each ask, in whatever order its scopes are named. Bounded: the oldest go first. */
export class NearCopies {
  readonly #limit: number;
  readonly #make: (ask: CheckedAsk) => NearCopy;
  readonly #byKey = new Map<string, NearCopy>();
  /** A short cut: a hit need not split and sort the scopes. */
  readonly #bySpelling = new Map<string, NearCopy>();

  constructor(limit: number, make: (ask: CheckedAsk) => NearCopy) {
    this.#limit = limit;
    this.#make = make;
  }

  /** @throws TokenBrokerError `invalid_request` */
  of(ask: TokenAsk): NearCopy {
    const spelt = spelling(ask);
    return this.#bySpelling.get(spelt) ?? this.#spelt(spelt, new CheckedAsk(ask));
  }

  [Symbol.iterator](): Iterator<NearCopy> {
    return this.#byKey.values();
  }

  #spelt(spelt: string, ask: CheckedAsk): NearCopy {
    const copy = this.#byKey.get(ask.key) ?? this.#add(ask);
    if (this.#bySpelling.size >= 4 * this.#limit) this.#bySpelling.clear();
    this.#bySpelling.set(spelt, copy);
    return copy;
  }

  #add(ask: CheckedAsk): NearCopy {
    for (const oldest of this.#byKey.keys()) {
      if (this.#byKey.size < this.#limit) break;
      this.#byKey.delete(oldest);
      // Some of them lead to the copy that goes.
      this.#bySpelling.clear();
    }
    const copy = this.#make(ask);
    this.#byKey.set(ask.key, copy);
    return copy;
  }
}
