import type { Token } from '../model/token.js';
import type { TokenRequest } from '../model/token-request.js';

export type Tier = 'memory' | 'redis';

/** Keeps tokens and judges nothing: whether one is fresh enough is the cache's business. */
export abstract class TokenStore {
  abstract readonly tier: Tier;

  abstract get(request: TokenRequest): Promise<Token | undefined>;

  /** What `get` would give, where that takes no waiting; it may have expired. */
  cached(_request: TokenRequest): Token | undefined {
    return undefined;
  }

  /** A copy of which it is known that a newer token took its place in a farther store: for when that is out of reach. */
  async getStale(_request: TokenRequest): Promise<Token | undefined> {
    return undefined;
  }

  /** Keeps the token until it expires, unless one of a higher generation is kept already. */
  abstract put(request: TokenRequest, token: Token): Promise<void>;
}
