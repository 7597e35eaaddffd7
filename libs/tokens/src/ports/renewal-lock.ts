import type { UpstreamFailure } from '../model/failures.js';
import type { TokenRequest } from '../model/token-request.js';

/**
 * The right to renew one token. It is passed on as it is, never wrapped: the store that shares the lock's Redis knows
 * its own leases, and releases the lock with the write.
 */
export interface Lease {
  /** Higher than that of any lease before it for the same request. */
  readonly generation: number;
  /** Aborts when the lease is lost: then another replica may be renewing. */
  readonly signal?: AbortSignal;
  /**
   * Releases the lock and sends the outcome to those that wait for it: a failure, or none when the token is in the
   * store. Does nothing when a write has released it. Never throws.
   */
  release(failure?: UpstreamFailure): Promise<void>;
}

export type Acquisition =
  | { outcome: 'acquired'; lease: Lease }
  /** Another holder renews. `result`: its failure, or nothing when it is time to look in the store and try again. */
  | { outcome: 'held'; result: Promise<UpstreamFailure | undefined> }
  /** The lock does not work: a renewal without it continues under this generation. */
  | { outcome: 'error'; cause: unknown; generation: number };

/** Lets one replica renew a given token. */
export abstract class RenewalLock {
  abstract acquire(request: TokenRequest): Promise<Acquisition>;
}

/** The lock of a single replica: all renewals in flight are its own, and their single flight keeps them apart. */
export class LocalRenewalLock extends RenewalLock {
  #generation = 0;

  override async acquire(): Promise<Acquisition> {
    return { outcome: 'acquired', lease: { generation: ++this.#generation, release: async () => {} } };
  }
}
