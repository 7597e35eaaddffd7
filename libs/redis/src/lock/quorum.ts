import Redlock, { ExecutionError, type Lock, ResourceLockedError } from 'redlock';
import { inTime } from '../connection/deadline.js';
import type { RedisClient } from '../connection/redis-connections.js';
import { redisFailure } from '../connection/redis-failure.js';

/** Another holder has the lock, or (when it was to be extended) it is not ours any more. */
export interface LockRefusal {
  /** Some nodes voted for this process: perhaps no holder has a majority, and it is worth trying again soon. */
  split: boolean;
}

/** A lock that a majority of nodes granted: the value distinguishes our lock from any other. */
export type LockGrant = Pick<Lock, 'value'>;

/**
 * Milliseconds for a call. An acquisition in vain has a second vote, which removes what the first has set, and on an even
 * number of nodes redlock waits for ever when the votes are equal.
 */
const callTimeout = 600;

/**
 * Redlock, with one attempt each: waiting, extending in time and expiry are the caller's. (Retries and `using` of redlock
 * 5.0.0-beta.2 can return a lock that has expired, and start a storm of extensions when one fails.)
 */
export class Quorum {
  readonly #redlock: Redlock;

  /** The commands of the nodes must have a timeout: redlock waits for every vote. */
  constructor(nodes: readonly RedisClient[]) {
    this.#redlock = new Redlock(nodes, { retryCount: 0 });
  }

  /** `ttl`: milliseconds. @throws RedisUnavailable or RedisMisuse when no majority of the nodes works */
  async acquire(name: string, ttl: number): Promise<LockGrant | LockRefusal> {
    const acquiring = this.#redlock.acquire([name], ttl);
    try {
      return await inTime(acquiring, callTimeout);
    } catch (error) {
      // A grant that comes after all must not block other holders until it expires.
      acquiring.then((lock) => this.release(lock)).catch(() => {});
      return refusal(error);
    }
  }

  /** Nothing when it is extended. @throws as `acquire` */
  async extend(grant: LockGrant, ttl: number): Promise<LockRefusal | undefined> {
    const lock = grant as Lock;
    // Redlock keeps expiry by the time of day, which may jump. Our leases keep it on a monotonic clock.
    lock.expiration = Number.POSITIVE_INFINITY;
    try {
      await inTime(this.#redlock.extend(lock, ttl), callTimeout);
      return undefined;
    } catch (error) {
      return refusal(error);
    }
  }

  /** @throws as `acquire`; the lock then expires */
  async release(grant: LockGrant): Promise<void> {
    try {
      await inTime(this.#redlock.release(grant as Lock), callTimeout);
    } catch (error) {
      await refusal(error);
    }
  }
}

async function refusal(error: unknown): Promise<LockRefusal> {
  const votes = error instanceof ExecutionError ? await error.attempts[0] : undefined;
  if (votes === undefined) throw redisFailure(error);
  const against = [...votes.votesAgainst.values()];
  const locked = against.filter((reason) => reason instanceof ResourceLockedError);
  const isSplit = votes.votesFor.size > 0;
  if (locked.length > 0 && locked.length + votes.votesFor.size >= votes.quorumSize) return { split: isSplit };
  throw redisFailure(against.find((reason) => !locked.includes(reason)));
}
