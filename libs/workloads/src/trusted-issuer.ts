import { jwtVerify, type JWTPayload } from 'jose';
import type { Proxy } from '#http/proxy.js';
import type { Clock } from '#tokens/model/clock.js';
import type { Secret } from '#tokens/model/secret.js';
import { signingAlgorithms } from '#tokens/model/signing-algorithms.js';
import { IssuerClient } from './issuer-client.js';
import { IssuerKeys } from './issuer-keys.js';

/** Seconds by which the issuer's clock may differ from ours. */
const clockTolerance = 10;

/** Milliseconds after its issue in which a JWT is accepted, whatever its `exp` says: it may be stolen. */
const maxAge = 24 * 3_600_000;

/** An issuer of workload identities, as the settings describe it: a Kubernetes cluster's API server, for example. */
export interface WorkloadIssuer {
  /** Its name in the settings. */
  name: string;
  /** The exact `iss` of its JWTs. */
  issuer: string;
  /** What must be among `aud`. */
  audience: string;
  /** Where its keys are; discovered when omitted (OpenID Connect Discovery 1.0 §4). */
  jwksUri?: string | undefined;
  /** Certificates in PEM to trust instead of the system's. */
  ca?: string | undefined;
  /** By which its metadata and keys are fetched. */
  proxy?: Proxy | undefined;
  /** Sent when its keys are fetched: Kubernetes may not give them to anonymous callers. */
  bearerToken?: Secret | undefined;
}

/** A workload whose JWT has been verified. */
export interface Workload {
  /** The issuer's name in the settings. */
  readonly issuer: string;
  /** The claim `sub`. */
  readonly subject: string;
  readonly claims: Readonly<JWTPayload>;
  /** When it has to be verified anew, in milliseconds since 1970: no later than its JWT expires. */
  readonly verifiedUntil: number;
}

export interface TrustedIssuerOptions {
  /** Called with the issuer's name and the error when its keys could not be fetched. */
  onRefreshFailure?: ((issuer: string, cause: unknown) => void) | undefined;
  /** Milliseconds for each request to the issuer: 5,000. */
  timeout?: number | undefined;
}

/** One issuer of workload identities, its keys, and what is checked of its JWTs. */
export class TrustedIssuer {
  readonly #client: IssuerClient;
  readonly #keys: IssuerKeys;

  /** @throws TypeError when the bearer token is not one */
  constructor(
    private readonly issuer: WorkloadIssuer,
    private readonly clock: Clock,
    { onRefreshFailure, timeout = 5_000 }: TrustedIssuerOptions = {},
  ) {
    this.#client = new IssuerClient(issuer, timeout);
    const fetch = () => this.#client.keySet();
    this.#keys = new IssuerKeys(fetch, clock, (cause) => onRefreshFailure?.(issuer.name, cause));
  }

  /**
   * Checks signature and claims (RFC 7519 §7.2).
   * @throws Failure `temporarily_unavailable` when the keys cannot be fetched
   * @throws Error of the library, or another, when the JWT is not good
   */
  async verify(jwt: string): Promise<Workload> {
    const now = this.clock.wallTime();
    const { payload } = await jwtVerify(jwt, (header, token) => this.#keys.find(header, token), {
      algorithms: [...signingAlgorithms],
      issuer: this.issuer.issuer,
      audience: this.issuer.audience,
      requiredClaims: ['exp', 'sub'],
      clockTolerance,
      currentDate: new Date(now),
    });
    const expiresAt = expiryOf(payload, now);
    if (expiresAt + clockTolerance * 1_000 <= now) throw new RangeError('it was issued over 24 hours ago');
    const verifiedUntil = Math.min(expiresAt, now + this.#keys.trustedFor);
    return Object.freeze({
      issuer: this.issuer.name,
      subject: subjectOf(payload),
      claims: payload,
      verifiedUntil,
    });
  }

  /** Ends its connections, after what is in flight. */
  close(): Promise<void> {
    return this.#client.close();
  }
}

/** The library checks that there is a `sub`, not what it is. */
function subjectOf({ sub }: JWTPayload): string {
  if (typeof sub !== 'string' || sub === '') throw new TypeError('sub must be a string that is not empty');
  return sub;
}

/**
 * `exp`, but at most 24 hours after `iat` or `nbf`; in milliseconds since 1970. The library checks `iat` only when a
 * maximum age is given, and then requires it.
 */
function expiryOf({ exp = 0, iat, nbf }: JWTPayload, now: number): number {
  if (iat !== undefined && iat * 1_000 > now + clockTolerance * 1_000) {
    throw new RangeError('iat is in the future');
  }
  const issuedAt = iat ?? nbf;
  if (issuedAt !== undefined) return Math.min(exp * 1_000, issuedAt * 1_000 + maxAge);
  if (exp * 1_000 > now + maxAge) throw new RangeError('exp is over 24 hours ahead, without iat or nbf');
  return exp * 1_000;
}
