import type { Secret } from '#tokens/model/secret.js';

/** Who issues workload identities, as the settings describe it: a Kubernetes cluster's API server, for one. */
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
  /** Shown when its keys are fetched: Kubernetes may not give them to anonymous callers. */
  bearerToken?: Secret | undefined;
}
