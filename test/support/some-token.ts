import { ScopeSet } from '#tokens/model/scope-set.js';
import { Secret } from '#tokens/model/secret.js';
import { Token, type TokenOptions } from '#tokens/model/token.js';

/** A token issued at the instant given, that lives for an hour. */
export function someToken(issuedAt: number, options: Partial<TokenOptions> = {}): Token {
  return new Token({
    accessToken: new Secret('not-a-real-token'),
    scopes: ScopeSet.parse('api:partner'),
    issuedAt,
    renewAt: issuedAt + 2_880_000,
    expiresAt: issuedAt + 3_600_000,
    generation: 1,
    ...options,
  });
}
