import type { Random, Clock } from '#tokens/model/clock.js';
import type { UpstreamFailure } from '#tokens/model/failures.js';
import { type Acquisition, RenewalLock } from '#tokens/ports/renewal-lock.js';
import type { TokenRequest } from '#tokens/model/token-request.js';
import { type HeldLock, LockBesideToken, LockOnNodes } from './held-lock.js';
import { type LockGrant, QuorumLock } from './quorum-lock.js';
import { CircuitBreaker } from '../connection/circuit-breaker.js';
import { RedisLease, lockLife, lockValidity } from './redis-lease.js';
import type { LockFault, RenewalLockParts } from './renewal-lock-parts.js';

/** Milliseconds: a safety net for those who wait, in case the outcome is never heard of; and after a split vote. */
const poll = { held: 400, split: 50, jitter: 100 };

/**
 * How many generations there are in a millisecond. Replicas that renew without the lock at the same moment differ by
 * chance: of two tokens with one generation neither would ever take the place of the other.
 */
const perMillisecond = 1_024;

/** Milliseconds that a lease must be valid for when it is handed out. */
const shortestGrant = 1_000;

/** Longer than the deadline of the lock itself, which knows better what went wrong. */
const healthTimes = { deadline: 1_000, pause: 1_000 };

/*
 * What this lock promises: as long as the Redis behind it keeps its memory and answers, at most one replica renews a
 * token; a holder that dies is followed by another after 3 s at the latest; a holder that cannot extend is told, by its
 * signal, before its lock may be another's.
 *
 * What it does not promise: that there is never a second holder. Over one primary, Redlock saves work and no more:
 * replication is asynchronous, so a failover (Sentinel, Cluster) or a restart can forget a lock that is held, and a
 * process that is paused may act on a lease before it learns that it was lost. A majority of independent nodes mends the
 * former only. That no older token ever takes the place of a newer one comes from the generation check of the write.
 */
export class RedisRenewalLock extends RenewalLock {
  readonly #lock: QuorumLock;
  readonly #health: CircuitBreaker;
  #generation = 0;

  constructor(
    private readonly parts: RenewalLockParts,
    private readonly clock: Clock,
    private readonly chance: Random,
    private readonly onFault: LockFault = () => {},
  ) {
    super();
    this.#lock = new QuorumLock(parts.connections.lockNodes);
    this.#health = new CircuitBreaker(clock, undefined, healthTimes);
  }

  /** Never rejects. While no majority answers, all but one request in a second get an error at once. */
  override async acquire({ key }: TokenRequest): Promise<Acquisition> {
    const askedAt = this.clock.now();
    // Listened for before asking: the outcome may be told while the answer "held" is on its way.
    const outcome = this.#outcome(key, poll.held);
    try {
      const answer = await this.#health.attempt(() =>
        this.#lock.acquire(this.parts.keys.lock(key), lockLife),
      );
      if ('split' in answer) {
        return { outcome: 'held', result: answer.split ? this.#outcome(key, poll.split) : outcome };
      }
      const since = await this.#heldSince(answer, askedAt);
      if (since === undefined) return { outcome: 'held', result: this.#outcome(key, poll.split) };
      const generation = this.#nextGeneration();
      const held = this.#heldLock(key, answer);
      return { outcome: 'acquired', lease: new RedisLease(generation, held, this.clock, since) };
    } catch (cause) {
      return { outcome: 'error', cause, generation: this.#nextGeneration(this.chance()) };
    }
  }

  /**
   * The instant from which the time of a grant counts. One that was long on its way, or was granted to a process too busy
   * to take note, is extended first: with what is left of it the renewal might be lost at once. Undefined: it was lost.
   */
  async #heldSince(grant: LockGrant, askedAt: number): Promise<number | undefined> {
    const now = this.clock.now();
    if (askedAt + lockValidity - now >= shortestGrant) return askedAt;
    const refusal = await this.#health.attempt(() => this.#lock.extend(grant, lockLife));
    return refusal === undefined ? now : undefined;
  }

  /**
   * Taken while the lock is known to be held: holdings follow one another, so a later one has a higher generation. Before
   * the lock is asked for would be too early: an asking may be on its way for longer than another's whole holding.
   */
  #nextGeneration(fraction = 0): number {
    const generation = this.parts.redisClock.now() * perMillisecond + Math.floor(fraction * perMillisecond);
    return (this.#generation = Math.max(this.#generation + 1, generation));
  }

  #outcome(key: string, wait: number): Promise<UpstreamFailure | undefined> {
    return this.parts.outcomes.next(key, wait + this.chance() * poll.jitter);
  }

  #heldLock(key: string, grant: LockGrant): HeldLock {
    const Kind = this.parts.connections.hasLockNodes ? LockOnNodes : LockBesideToken;
    return new Kind({ key, grant }, this.parts, this.#lock, this.onFault);
  }
}
