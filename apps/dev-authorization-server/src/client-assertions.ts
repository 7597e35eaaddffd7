import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTPayload, jwtVerify } from 'jose';
import { OAuthError } from './oauth-error.js';

export const assertionAlgorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
];

/** Seconds by which clocks may differ. */
const clockTolerance = 10;

/** Judges assertions of clients (RFC 7523 §3), each of which is good once. */
export class ClientAssertions {
  /** Client and jti -> seconds since 1970 until which the assertion would be valid. */
  readonly #used = new Map<string, number>();

  /** @param audiences the names by which an assertion may address this server: issuer and token endpoint */
  constructor(
    private readonly audiences: readonly string[],
    private readonly now: () => number,
  ) {}

  /** @throws OAuthError `invalid_client` */
  async check(clientId: string, assertion: string, jwks: JSONWebKeySet): Promise<void> {
    const claims = await this.#verified(clientId, assertion, jwks);
    this.#forgetExpired();
    const key = JSON.stringify([clientId, claims.jti]);
    if (this.#used.has(key)) throw new OAuthError('invalid_client', 'the client assertion was used before');
    this.#used.set(key, (claims.exp ?? Infinity) + clockTolerance);
  }

  async #verified(clientId: string, assertion: string, jwks: JSONWebKeySet): Promise<JWTPayload> {
    try {
      const { payload } = await jwtVerify(assertion, createLocalJWKSet(jwks), {
        algorithms: assertionAlgorithms,
        issuer: clientId,
        subject: clientId,
        audience: [...this.audiences],
        requiredClaims: ['exp', 'jti'],
        clockTolerance,
        currentDate: new Date(this.now()),
      });
      return payload;
    } catch (cause) {
      if (!(cause instanceof errors.JOSEError)) throw cause;
      throw new OAuthError('invalid_client', `the client assertion is not valid: ${reason(cause)}`, {
        cause,
      });
    }
  }

  #forgetExpired(): void {
    const seconds = this.now() / 1000;
    for (const [key, until] of this.#used) {
      if (until < seconds) this.#used.delete(key);
    }
  }
}

/** jose puts claim names in double quotes, which an `error_description` may not hold. */
function reason(error: errors.JOSEError): string {
  return error.message.replaceAll('"', "'");
}
