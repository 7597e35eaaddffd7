import type { UpstreamFailure } from '../model/failures.js';
import type { TokenRequest } from '../model/token-request.js';

/** The right to renew one token. */
export interface Lease {
  /** Higher than that of any lease before it for the same request. */
  readonly generation: number;
  /** Aborts when the lease is lost: then somebody else may be renewing. */
  readonly signal?: AbortSignal;
  /** Gives the right back and tells those who wait: a failure, or nothing when the token is in the store. Never throws. */
  release(failure?: UpstreamFailure): Promise<void>;
}

export type Acquisition =
  | { outcome: 'acquired'; lease: Lease }
  /** Somebody else renews. `settled` gives their failure, or nothing when it is time to look in the store and ask again. */
  | { outcome: 'held'; result: Promise<UpstreamFailure | undefined> }
  /** The lock is out of order: who goes on without it does so under this generation. */
  | { outcome: 'error'; cause: unknown; generation: number };

/** Lets one replica renew a given token. */
export abstract class RenewalLock {
  abstract acquire(request: TokenRequest): Promise<Acquisition>;
}

/** The lock of a process that is alone: the renewals in flight are its own, and those it keeps apart by itself. */
export class LocalRenewalLock extends RenewalLock {
  #generation = 0;

  override async acquire(): Promise<Acquisition> {
    return { outcome: 'acquired', lease: { generation: ++this.#generation, release: async () => {} } };
  }
}
