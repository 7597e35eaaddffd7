import { decodeJwt } from 'jose';
import type { Clock } from '#tokens/model/clock.js';
import { Failure } from '#tokens/model/failures.js';
import type { Secret } from '#tokens/model/secret.js';
import {
  TrustedIssuer,
  type TrustedIssuerOptions,
  type Workload,
  type WorkloadIssuer,
} from './trusted-issuer.js';

/** Characters. That of a Kubernetes service account has some 1,200; refusing a wrong one costs as much as it is long. */
const maxLength = 4 * 1024;

/** Verifies workload JWTs of several issuers. Caching what was verified is left to the caller. */
export class WorkloadVerifier {
  readonly #issuers: ReadonlyMap<string, TrustedIssuer>;

  /** @throws TypeError when two entries have the same `issuer`, or when a bearer token is not one */
  constructor(issuers: readonly WorkloadIssuer[], clock: Clock, options: TrustedIssuerOptions = {}) {
    this.#issuers = new Map(
      issuers.map((issuer) => [issuer.issuer, new TrustedIssuer(issuer, clock, options)]),
    );
    if (this.#issuers.size < issuers.length) throw new TypeError('two workload issuers have the same issuer');
  }

  /**
   * @throws Failure `invalid_client` when the JWT is not good, always in the same words
   * @throws Failure `temporarily_unavailable` when the issuer does not give its keys
   */
  async verify(jwt: Secret): Promise<Workload> {
    if (jwt.reveal().length > maxLength) throw invalidClient('the JWT is over 4 KiB');
    return this.#check(jwt.reveal());
  }

  /** Ends the connections, after what is in flight. */
  async close(): Promise<void> {
    await Promise.all([...this.#issuers.values()].map((issuer) => issuer.close()));
  }

  async #check(jwt: string): Promise<Workload> {
    try {
      // Not verified yet: it only picks the issuer whose keys have to fit.
      const issuer = this.#issuers.get(decodeJwt(jwt).iss ?? '');
      if (issuer === undefined) throw invalidClient('the issuer is not known');
      return await issuer.verify(jwt);
    } catch (error) {
      if (error instanceof Failure) throw error;
      throw invalidClient(error instanceof Error ? error.message : 'unknown');
    }
  }
}

/**
 * One wording for every fault, so that an attacker learns nothing. The cause is for the operator, by its message only: the
 * library's errors carry the claims, or have a part of the JWT in the message of their own cause.
 */
function invalidClient(reason: string): Failure {
  return new Failure(
    'invalid_client',
    'the workload JWT is not accepted; check that its issuer and audience match the settings, that it has not expired, and that its issuer signed it',
    { cause: new Error(reason) },
  );
}
