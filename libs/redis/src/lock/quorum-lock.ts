import { createHash } from 'node:crypto';
import Redlock, { ExecutionError, type Lock, ResourceLockedError } from 'redlock';
import { inTime } from '../connection/deadline.js';
import type { RedisClient } from '../connection/redis-connections.js';
import { redisFailure } from '../connection/redis-failure.js';

/** Somebody else holds the lock, or (when it was to be extended) it is not ours any more. */
export interface LockRefusal {
  /** Some nodes voted for this process: perhaps nobody has a majority, and it is worth asking again soon. */
  split: boolean;
}

/** A lock that a majority of nodes granted: the value tells our holding from any other. */
export type LockGrant = Pick<Lock, 'value'>;

/** Taking a lock needs no script, which costs a command more: this stands for it, and is never sent (see `voter`). */
const takeLock = 'SET key value PX milliseconds NX';
const takeLockSha1 = createHash('sha1').update(takeLock).digest('hex');

/**
 * Milliseconds for the vote of one node, and for a call: an acquisition in vain wipes out its traces, with a second vote.
 * On an even number of nodes redlock waits for ever when the votes are equal.
 */
const deadlines = { vote: 250, call: 600 };

/** Redlock, reduced to one attempt each: waiting, extending in time and expiry are the business of who asks. */
export class QuorumLock {
  readonly #redlock: Redlock;

  constructor(nodes: readonly RedisClient[]) {
    this.#redlock = new Redlock(nodes.map(voter), { retryCount: 0 }, { acquireScript: () => takeLock });
  }

  /** `ttl`: milliseconds. @throws RedisUnavailable or RedisMisuse when no majority of the nodes works */
  async acquire(name: string, ttl: number): Promise<LockGrant | LockRefusal> {
    const asking = this.#redlock.acquire([name], ttl);
    try {
      return await inTime(asking, deadlines.call);
    } catch (error) {
      // A grant that comes after all must not stand in the way of others until it expires.
      asking.then((lock) => this.release(lock)).catch(() => {});
      return refusal(error);
    }
  }

  /** Nothing when it is extended. @throws as `acquire` */
  async extend(grant: LockGrant, ttl: number): Promise<LockRefusal | undefined> {
    const lock = grant as Lock;
    // Redlock keeps expiry by the time of day, which may jump. Our leases keep it on a monotonic clock.
    lock.expiration = Number.POSITIVE_INFINITY;
    try {
      await inTime(this.#redlock.extend(lock, ttl), deadlines.call);
      return undefined;
    } catch (error) {
      return refusal(error);
    }
  }

  /** @throws as `acquire`; the lock then expires by itself */
  async release(grant: LockGrant): Promise<void> {
    try {
      await inTime(this.#redlock.release(grant as Lock), deadlines.call);
    } catch (error) {
      await refusal(error);
    }
  }
}

/** All that redlock uses of a client. Without a deadline a frozen node would hold up the count of the votes. */
function voter(node: RedisClient): RedisClient {
  const voting: Record<
    'evalsha' | 'eval',
    (script: string, keys: number, args: string[]) => Promise<unknown>
  > = {
    evalsha: (sha1, keys, args) =>
      inTime(sha1 === takeLockSha1 ? take(node, args) : node.evalsha(sha1, keys, ...args), deadlines.vote),
    eval: (text, keys, args) => inTime(node.eval(text, keys, ...args), deadlines.vote),
  };
  return voting as unknown as RedisClient;
}

/** Tells how many locks were taken: 1 or 0. */
async function take(node: RedisClient, [key, value, ttl]: string[]): Promise<number> {
  const taken = await node.set(key!, value!, 'PX', ttl!, 'NX');
  return taken === null ? 0 : 1;
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
