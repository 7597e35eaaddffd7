import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { randomUUID } from 'node:crypto';

/** What a token is for. */
export interface Grant {
  clientId: string;
  scopes: readonly string[];
  audience: readonly string[];
}

/** How a token is issued. */
export interface Issuing {
  /** Seconds. */
  lifetime: number;
  /** Seconds by which the server's clock is ahead; negative: behind. */
  clockOffset: number;
  /** Seconds for which the API does not know the token yet. */
  activeAfter: number;
}

export interface IssuedToken extends Grant {
  value: string;
  /** Milliseconds since 1970 by the right clock. */
  activeAt: number;
  expiresAt: number;
}

const alg = 'ES256';

/** Issues access tokens (JWT, RFC 9068) and keeps those that are active. */
export class AccessTokens {
  /** Value -> token, oldest first. */
  readonly #active = new Map<string, IssuedToken>();

  private constructor(
    private readonly issuer: string,
    private readonly privateKey: CryptoKey,
    /** What the tokens verify with. */
    readonly publicJwk: JWK,
    private readonly now: () => number,
  ) {}

  static async create(issuer: string, now: () => number): Promise<AccessTokens> {
    const { privateKey, publicKey } = await generateKeyPair(alg);
    const publicJwk = { ...(await exportJWK(publicKey)), kid: randomUUID(), use: 'sig', alg };
    return new AccessTokens(issuer, privateKey, publicJwk, now);
  }

  async issue(grant: Grant, { lifetime, clockOffset, activeAfter }: Issuing): Promise<IssuedToken> {
    const now = this.now();
    const value = await this.#signed(grant, Math.floor(now / 1000) + clockOffset, lifetime);
    const token = { ...grant, value, activeAt: now + activeAfter * 1000, expiresAt: now + lifetime * 1000 };
    this.#forgetExpired(now);
    this.#active.set(value, token);
    return token;
  }

  /** The newest token of this grant, while it lives. */
  last(grant: Grant): IssuedToken | undefined {
    const key = keyOf(grant);
    return [...this.#active.values()].findLast((each) => keyOf(each) === key && this.remaining(each) > 0);
  }

  /** Whole seconds that the token still lives. */
  remaining(token: IssuedToken): number {
    return Math.floor((token.expiresAt - this.now()) / 1000);
  }

  /** A token that the API accepts at present. */
  active(value: string): IssuedToken | undefined {
    const token = this.#active.get(value);
    const now = this.now();
    return token && token.activeAt <= now && token.expiresAt > now ? token : undefined;
  }

  revoke(value: string): void {
    this.#active.delete(value);
  }

  revokeAll(): void {
    this.#active.clear();
  }

  #signed({ clientId, scopes, audience }: Grant, iat: number, lifetime: number): Promise<string> {
    const aud = audience.length === 1 ? audience[0] : [...audience];
    const about = { iss: this.issuer, sub: clientId, client_id: clientId, aud, scope: scopes.join(' ') };
    return new SignJWT({ ...about, iat, exp: iat + lifetime, jti: randomUUID() })
      .setProtectedHeader({ alg, kid: this.publicJwk.kid, typ: 'at+jwt' })
      .sign(this.privateKey);
  }

  /** Stops at the first that lives: enough to bound the memory, and cheap. */
  #forgetExpired(now: number): void {
    for (const [value, token] of this.#active) {
      if (token.expiresAt > now) return;
      this.#active.delete(value);
    }
  }
}

/** Equal for grants that differ in order only. */
function keyOf({ clientId, scopes, audience }: Grant): string {
  return JSON.stringify([clientId, scopes.toSorted(), audience.toSorted()]);
}
