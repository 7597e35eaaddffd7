import { jwtVerify, type JWTPayload } from 'jose';
import type { Clock } from '#tokens/model/clock.js';
import { IssuerConnection } from './issuer-connection.js';
import { IssuerKeys } from './issuer-keys.js';
import { remoteKeys } from './remote-keys.js';
import type { WorkloadIssuer } from './workload-issuer.js';

/** Asymmetric ones only: with HS256 whoever knows the public key could sign (RFC 8725 §2.1). */
const algorithms = 'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519'.split(' ');

/** Seconds by which the issuer's clock may differ from ours. */
const clockTolerance = 10;

/** A workload whose JWT has been verified. */
export interface Workload {
  /** The issuer's name in the settings. */
  readonly issuer: string;
  /** The claim `sub`. */
  readonly subject: string;
  /** The claim `exp`, in milliseconds since 1970. */
  readonly expiresAt: number;
}

export interface TrustedIssuerOptions {
  /** Told the issuer's name and what went wrong when its keys could not be refreshed in the background. */
  onRefreshFailure?: ((issuer: string, cause: unknown) => void) | undefined;
  /** Milliseconds for each request to the issuer: 5,000. */
  timeout?: number | undefined;
}

/** One issuer of workload identities, its keys, and what is checked of its JWTs. */
export class TrustedIssuer {
  readonly #connection: IssuerConnection;
  readonly #keys: IssuerKeys;

  /** @throws TypeError when the bearer token is not one */
  constructor(
    private readonly issuer: WorkloadIssuer,
    private readonly clock: Clock,
    { onRefreshFailure, timeout = 5_000 }: TrustedIssuerOptions = {},
  ) {
    this.#connection = new IssuerConnection(issuer);
    const connect = () => remoteKeys(issuer, this.#connection, timeout);
    this.#keys = new IssuerKeys(connect, clock, (cause) => onRefreshFailure?.(issuer.name, cause));
  }

  /**
   * Checks signature and claims (RFC 7519 §7.2).
   * @throws Failure `temporarily_unavailable` when the keys cannot be had
   * @throws Error of the library, or another, when the JWT is not good
   */
  async verify(jwt: string): Promise<Workload> {
    const now = this.clock.wallTime();
    const { payload } = await jwtVerify(jwt, (header, token) => this.#keys.find(header, token), {
      algorithms,
      issuer: this.issuer.issuer,
      audience: this.issuer.audience,
      requiredClaims: ['exp', 'sub'],
      clockTolerance,
      currentDate: new Date(now),
    });
    return workload(this.issuer.name, payload, now);
  }

  /** Ends its connections, after what is in flight. */
  close(): Promise<void> {
    return this.#connection.close();
  }
}

/** The library looks for `sub`, but not at it; and at `iat` only when an age is asked for. */
function workload(issuer: string, { sub, exp = 0, iat = 0 }: JWTPayload, now: number): Workload {
  if (typeof sub !== 'string' || sub === '') throw new TypeError('sub must be a string that is not empty');
  if (iat * 1_000 > now + clockTolerance * 1_000) throw new RangeError('iat is in the future');
  return Object.freeze({ issuer, subject: sub, expiresAt: exp * 1_000 });
}
