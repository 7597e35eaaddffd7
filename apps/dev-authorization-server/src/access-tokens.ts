import { decodeJwt, errors, type JWTPayload } from 'jose';
import { randomUUID } from 'node:crypto';
import { claimsOf, type Grant, keyOf } from './grant.js';
import type { SigningKeys } from './signing-keys.js';

/** How the server issues at the moment. */
export interface Issuing {
  /** Seconds. */
  lifetime: number;
  /** Seconds by which the server's clock goes ahead; negative: behind. */
  clockOffset: number;
}

export interface IssuedToken {
  value: string;
  jti: string;
  /** Milliseconds since 1970 by the right clock. */
  expiresAt: number;
  clockOffset: number;
}

/** The token is malformed, expired, revoked or of another issuer (RFC 6750 §3.1 `invalid_token`). */
export class InvalidToken extends Error {
  override name = 'InvalidToken';
}

/** Issues, remembers and judges access tokens (JWT, RFC 9068). */
export class AccessTokens {
  /** jti -> token, oldest first; what is not here is revoked. */
  readonly #live = new Map<string, IssuedToken>();
  /** Grant -> its newest token. */
  readonly #last = new Map<string, IssuedToken>();

  constructor(
    private readonly issuer: string,
    private readonly keys: SigningKeys,
    private readonly now: () => number,
  ) {}

  async issue(grant: Grant, { lifetime, clockOffset }: Issuing): Promise<IssuedToken> {
    const now = this.now();
    const jti = randomUUID();
    const iat = Math.floor(now / 1000) + clockOffset;
    const value = await this.keys.sign({
      ...claimsOf(grant),
      iss: this.issuer,
      iat,
      exp: iat + lifetime,
      jti,
    });
    const token = { value, jti, expiresAt: now + lifetime * 1000, clockOffset };
    this.#forgetExpired(now);
    this.#live.set(jti, token);
    this.#last.set(keyOf(grant), token);
    return token;
  }

  /** The newest token of this grant, while it lives. */
  last(grant: Grant): IssuedToken | undefined {
    const token = this.#last.get(keyOf(grant));
    return token && this.#live.has(token.jti) && this.remaining(token) > 0 ? token : undefined;
  }

  /** Whole seconds that the token still lives. */
  remaining(token: IssuedToken): number {
    return Math.floor((token.expiresAt - this.now()) / 1000);
  }

  /** @throws InvalidToken */
  async verify(value: string): Promise<JWTPayload> {
    try {
      const issued = this.#live.get(String(decodeJwt(value).jti));
      if (issued === undefined) throw new InvalidToken('the token is revoked, or not of this server');
      // By the clock that stamped it: one host's wrong clock does not expire its own tokens.
      const currentDate = new Date(this.now() + issued.clockOffset * 1000);
      return (await this.keys.verify(value, { issuer: this.issuer, currentDate })).payload;
    } catch (cause) {
      if (!(cause instanceof errors.JOSEError)) throw cause;
      throw new InvalidToken('the token is malformed, expired, or not signed by this server', { cause });
    }
  }

  /** @throws TypeError when it looks like a JWT and is none */
  revoke(tokenOrJti: string): void {
    this.#live.delete(tokenOrJti.includes('.') ? jtiOf(tokenOrJti) : tokenOrJti);
  }

  revokeAll(): void {
    this.#live.clear();
  }

  /** Stops at the first that lives: enough to bound the memory, and cheap. */
  #forgetExpired(now: number): void {
    for (const [jti, token] of this.#live) {
      if (token.expiresAt > now) return;
      this.#live.delete(jti);
    }
  }
}

function jtiOf(token: string): string {
  try {
    return String(decodeJwt(token).jti);
  } catch (cause) {
    throw new TypeError('revoke is no JWT', { cause });
  }
}
