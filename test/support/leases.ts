import type { Acquisition, Lease, RenewalLock } from '#tokens/ports/renewal-lock.js';
import { ScopeSet } from '#tokens/model/scope-set.js';
import type { TokenRequest } from '#tokens/model/token-request.js';
import { someClient } from './the.js';

let requests = 0;

/** A request that no other test has. */
export function someRequest(): TokenRequest {
  return someClient().request(ScopeSet.parse(`scope-${++requests}`));
}

/** The lease, which must be there to be had. */
export async function leaseOf(acquisition: Acquisition | Promise<Acquisition>): Promise<Lease> {
  const { outcome, ...rest } = await acquisition;
  if ('lease' in rest) return rest.lease;
  throw new Error(`the lock answered: ${outcome}`, { cause: 'cause' in rest ? rest.cause : undefined });
}

/** Asks until the lease is there, as a renewal does that finds no token in the store. */
export async function awaitLease(lock: RenewalLock, request: TokenRequest): Promise<Lease> {
  for (;;) {
    const acquisition = await lock.acquire(request);
    if (acquisition.outcome !== 'held') return leaseOf(acquisition);
    await acquisition.result;
  }
}

/** The answer that another has it, which is what the lock must give. */
export async function heldBy(
  lock: RenewalLock,
  request: TokenRequest,
): Promise<Extract<Acquisition, { outcome: 'held' }>> {
  const acquisition = await lock.acquire(request);
  if (acquisition.outcome !== 'held') throw new Error(`the lock answered: ${acquisition.outcome}`);
  return acquisition;
}
