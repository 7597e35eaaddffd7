/**
 * Where replicas share digests of secrets that are derived slowly: a start with 1,000 secrets would cost 40 s of work without
 * it. Neither method throws.
 */
export abstract class DerivedDigests {
  abstract find(secret: string, salt: string): Promise<string | undefined>;
  abstract keep(secret: string, salt: string, derived: string): Promise<void>;
}
