import type { Token } from '../model/token.js';
import type { TokenRequest } from '../model/token-request.js';
import type { Lease } from './renewal-lock.js';

export type Tier = 'memory' | 'redis';

export interface ServedToken {
  readonly token: Token;
  readonly source: Tier | 'upstream';
}

/** The store that the replicas share. It keeps tokens and judges none: freshness is decided by the cache. */
export abstract class TokenStore {
  abstract readonly tier: Tier;

  /**
   * The newest token kept. `known` is a copy that the caller has: a store that keeps the same generation returns it
   * instead of reading the token.
   */
  abstract get(request: TokenRequest, known?: Token): Promise<Token | undefined>;

  /**
   * Keeps the token until it expires, unless one of a higher generation is kept already. `lease` is the one under which
   * the token was renewed: a store that can releases its lock in the same atomic step.
   */
  abstract put(request: TokenRequest, token: Token, lease?: Lease): Promise<void>;
}

/** A copy in this process's memory. It is what the cache serves, so that a hit allocates nothing. */
export interface NearCopy extends ServedToken {
  readonly source: 'memory';
  readonly request: TokenRequest;
  /** A newer token is known to be in the shared store. */
  readonly isStale: boolean;
}

/** This replica's own copies, read without waiting. */
export abstract class NearCache {
  /** The copy kept, stale or not; its token lives. @param now instant of the monotonic clock, where it was read already */
  abstract copy(request: TokenRequest, now?: number): NearCopy | undefined;

  /** Keeps a copy, unless a newer one is kept or known to exist. */
  abstract put(request: TokenRequest, token: Token): void;
}
