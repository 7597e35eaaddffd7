import { LRUCache } from 'lru-cache';
import { lruOfEntries } from './model/limits.js';
import type { Token } from './model/token.js';
import type { TokenRequest } from './model/token-request.js';

/** Milliseconds. */
const leastAge = { first: 10_000, longest: 300_000 };

interface Rejections {
  /** Milliseconds that the next token must be old to be renewed. */
  leastAge: number;
  /** SHA-256 of the token that may be renewed, as often as it takes. */
  permitted?: string;
  /** SHA-256 of the token that was reported when it was too young. */
  early?: string;
}

/**
 * How old a token must be to be renewed because an API rejected it: 10 s, doubled with each rejection in a row up to
 * 5 min. An API that learns of new tokens with a lag (replication behind the authorization server) rejects each at
 * first: were it renewed each time, none would grow old enough to be accepted.
 */
export class RejectedTokens {
  readonly #rejections = new LRUCache<string, Rejections>(lruOfEntries(10_000));

  /**
   * Milliseconds until the token may be renewed; 0 when it may be now. Then the next token has to be twice as old, unless
   * this one was accepted for a while. A token from the future is not a young one: its instant of issue is wrong.
   */
  report({ key }: TokenRequest, token: Token, now: number): number {
    const { sha256 } = token.accessToken;
    const known = this.#rejections.get(key) ?? { leastAge: leastAge.first };
    if (known.permitted === sha256) return 0;
    const age = now - token.issuedAt;
    if (age >= 0 && age < known.leastAge) {
      this.#rejections.set(key, { ...known, early: sha256 });
      return known.leastAge - age;
    }
    const hasGrown = known.leastAge > leastAge.first;
    const isInARow = known.early === sha256 || (hasGrown && age < 2 * known.leastAge);
    const next = isInARow ? Math.min(2 * known.leastAge, leastAge.longest) : leastAge.first;
    this.#rejections.set(key, { leastAge: next, permitted: sha256 });
    return 0;
  }
}
