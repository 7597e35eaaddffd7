import type { CachedToken } from './cached-token.js';
import { NormalizedParameters, rawKey, type TokenParameters } from './token-parameters.js';

/** One token for all parameters that are equal when normalized. Bounded: the oldest are evicted first. */
export class TokenCache {
  readonly #maxEntries: number;
  readonly #create: (parameters: NormalizedParameters) => CachedToken;
  readonly #byKey = new Map<string, CachedToken>();
  /** A fast path: a hit need not split and sort the scopes. */
  readonly #byRawKey = new Map<string, CachedToken>();

  constructor(maxEntries: number, create: (parameters: NormalizedParameters) => CachedToken) {
    this.#maxEntries = maxEntries;
    this.#create = create;
  }

  /** @throws TokenBrokerError `invalid_request` */
  get(parameters: TokenParameters): CachedToken {
    const raw = rawKey(parameters);
    return this.#byRawKey.get(raw) ?? this.#normalized(raw, new NormalizedParameters(parameters));
  }

  [Symbol.iterator](): Iterator<CachedToken> {
    return this.#byKey.values();
  }

  #normalized(raw: string, parameters: NormalizedParameters): CachedToken {
    const entry = this.#byKey.get(parameters.key) ?? this.#add(parameters);
    if (this.#byRawKey.size >= 4 * this.#maxEntries) this.#byRawKey.clear();
    this.#byRawKey.set(raw, entry);
    return entry;
  }

  #add(parameters: NormalizedParameters): CachedToken {
    for (const oldest of this.#byKey.keys()) {
      if (this.#byKey.size < this.#maxEntries) break;
      this.#byKey.delete(oldest);
      // Some of them lead to the evicted entry.
      this.#byRawKey.clear();
    }
    const entry = this.#create(parameters);
    this.#byKey.set(parameters.key, entry);
    return entry;
  }
}
