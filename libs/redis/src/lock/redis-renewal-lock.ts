import { LRUCache } from 'lru-cache';
import type { Random, Clock } from '#tokens/model/clock.js';
import { lruOfEntries } from '#tokens/model/limits.js';
import type { UpstreamFailure } from '#tokens/model/failures.js';
import { type Acquisition, RenewalLock } from '#tokens/ports/renewal-lock.js';
import type { TokenRequest } from '#tokens/model/token-request.js';
import type { OutcomeMessages } from '../channel/outcome-messages.js';
import { CircuitBreaker } from '../connection/circuit-breaker.js';
import { inTime } from '../connection/deadline.js';
import { LuaScript } from '../connection/lua-script.js';
import type { RedisClock } from '../connection/redis-clock.js';
import type { RedisConnections } from '../connection/redis-connections.js';
import { reasonOf } from '../connection/redis-failure.js';
import type { RedisKeys } from '../connection/redis-keys.js';
import { type LockHandle, RedisLease, lockLife, lockValidity } from './lease.js';
import { type LockGrant, Quorum } from './quorum.js';
import { generationsPerMillisecond } from '../tokens/token-record.js';

/** How a replica learns the outcome of a renewal elsewhere. */
export interface RenewalOutcomes {
  /** The next failure for this request key, or nothing at a new token or after `timeout` milliseconds. Never rejects. */
  next(key: string, timeout: number): Promise<UpstreamFailure | undefined>;
}

export interface RenewalLockParts {
  connections: Pick<RedisConnections, 'commands' | 'lockNodes' | 'hasLockNodes'>;
  keys: RedisKeys;
  redisClock: RedisClock;
  outcomes: RenewalOutcomes;
  messages: Pick<OutcomeMessages, 'channel' | 'noChangeMessage' | 'failureMessage'>;
}

/** What went wrong in the background; `reason` is one word. */
export type LockFault = (operation: 'extend' | 'release' | 'repair', reason: string) => void;

const releaseLock = new LuaScript(new URL('./release-lock.lua', import.meta.url));
const boundLock = new LuaScript(new URL('./bound-lock.lua', import.meta.url));

/** Milliseconds: a safety net for those that wait, in case they miss the outcome; and after a split vote. */
const poll = { held: 400, split: 50, jitter: 100 };

/** Milliseconds that a lease must be valid for when it is acquired. */
const minValidity = 1_000;

/** Milliseconds: the caller has its token and waits for no more than this. */
const publishTimeout = 500;

/** Longer than the timeout of the quorum, which knows better what went wrong. */
const circuitTimes = { deadline: 1_000, pause: 1_000 };

/**
 * Lets one replica renew a token, as long as the Redis behind it keeps its memory and answers. A holder that dies is
 * followed by another after 3 s at the latest; one that cannot extend learns it, by its signal, before its lock may be
 * another's.
 *
 * There may still be a second holder. Over one primary, Redlock saves work and no more: replication is asynchronous, so a
 * failover (Sentinel, Cluster) or a restart can forget a lock that is held, and a process that is paused may act on a
 * lease before it learns that it was lost. A majority of independent nodes mends the former only. That no older token
 * ever takes the place of a newer one comes from the generation check of the write.
 */
export class RedisRenewalLock extends RenewalLock {
  readonly #quorum: Quorum;
  readonly #circuit: CircuitBreaker;
  /** Request key -> since when it has been refused, or its life was last looked at. */
  readonly #refusedSince = new LRUCache<string, number>(lruOfEntries(1_000));
  #generation = 0;

  constructor(
    private readonly parts: RenewalLockParts,
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly onFault: LockFault = () => {},
  ) {
    super();
    this.#quorum = new Quorum(parts.connections.lockNodes);
    this.#circuit = new CircuitBreaker(clock, { times: circuitTimes });
  }

  /** Never rejects. While no majority answers, all but one request in a second get an error at once. */
  override async acquire({ key }: TokenRequest): Promise<Acquisition> {
    const askedAt = this.clock.now();
    // Listened for before asking: the outcome may be published while the answer "held" is on its way.
    const outcome = this.#outcome(key, poll.held);
    try {
      const answer = await this.#circuit.attempt(() =>
        this.#quorum.acquire(this.parts.keys.lock(key), lockLife),
      );
      if ('split' in answer) {
        this.#boundHolding(key);
        return { outcome: 'held', result: answer.split ? this.#outcome(key, poll.split) : outcome };
      }
      this.#refusedSince.delete(key);
      const since = await this.#heldSince(answer, askedAt);
      if (since === undefined) return { outcome: 'held', result: this.#outcome(key, poll.split) };
      const lease = new RedisLease(this.#nextGeneration(), this.#handle(key, answer), this.clock, since);
      return { outcome: 'acquired', lease };
    } catch (cause) {
      return { outcome: 'error', cause, generation: this.#nextGeneration(this.random()) };
    }
  }

  /**
   * The instant from which the time of a grant counts. One that was long on its way, or was granted to a process too busy
   * to take note, is extended first: with what is left of it the renewal might be lost at once. Undefined: it was lost.
   */
  async #heldSince(grant: LockGrant, askedAt: number): Promise<number | undefined> {
    const now = this.clock.now();
    if (askedAt + lockValidity - now >= minValidity) return askedAt;
    const refusal = await this.#circuit.attempt(() => this.#quorum.extend(grant, lockLife));
    return refusal === undefined ? now : undefined;
  }

  /**
   * Taken while the lock is known to be held: holdings follow one another, so a later one has a higher generation. Before
   * the lock is asked for would be too early: an asking may be on its way for longer than another's whole holding.
   * Replicas that renew without the lock at the same moment differ by chance (`fraction`): of two tokens with one
   * generation neither would ever take the place of the other.
   */
  #nextGeneration(fraction = 0): number {
    const start = this.parts.redisClock.now() * generationsPerMillisecond;
    const generation = start + Math.floor(fraction * generationsPerMillisecond);
    return (this.#generation = Math.max(this.#generation + 1, generation));
  }

  #outcome(key: string, wait: number): Promise<UpstreamFailure | undefined> {
    return this.parts.outcomes.next(key, wait + this.random() * poll.jitter);
  }

  /** A lock that refuses for longer than it lives may be none of ours, and without an end. */
  #boundHolding(key: string): void {
    const now = this.clock.now();
    const since = this.#refusedSince.get(key) ?? now;
    const isDue = now - since > lockLife;
    this.#refusedSince.set(key, isDue ? now : since);
    if (!isDue) return;
    const { connections, keys } = this.parts;
    for (const node of connections.lockNodes) {
      const bounding = boundLock.run(node, [keys.lock(key)], [lockLife]);
      bounding.then((bounded) => bounded === 1 && this.onFault('repair', 'lock')).catch(() => {});
    }
  }

  #handle(key: string, grant: LockGrant): LockHandle {
    const { connections, messages } = this.parts;
    const release = connections.hasLockNodes ? this.#releaseOnNodes : this.#releaseBesideToken;
    return {
      ...(!connections.hasLockNodes && { value: grant.value }),
      extend: () => this.#extend(grant),
      release: async (failure) => {
        const message =
          failure === undefined
            ? messages.noChangeMessage(key)
            : messages.failureMessage(key, failure, this.parts.redisClock.now());
        await release(key, grant, message).catch((error) => this.onFault('release', reasonOf(error)));
      },
      lost: () => this.onFault('extend', 'lost'),
    };
  }

  async #extend(grant: LockGrant): Promise<'extended' | 'lost' | 'unknown'> {
    try {
      const refusal = await this.#quorum.extend(grant, lockLife);
      if (refusal === undefined) return 'extended';
      return refusal.split ? 'unknown' : 'lost';
    } catch (error) {
      this.onFault('extend', reasonOf(error));
      return 'unknown';
    }
  }

  /** In the Redis of the tokens one script reaches both the lock and the channel. */
  readonly #releaseBesideToken = async (
    key: string,
    { value }: LockGrant,
    message: string,
  ): Promise<void> => {
    const { connections, keys, messages } = this.parts;
    await releaseLock.run(connections.lockNodes[0]!, [keys.lock(key)], [value, messages.channel, message]);
  };

  /**
   * On nodes of their own, release and outcome are two steps. The lock goes first, for those that wait may ask for it at
   * once; one that gets it in between is held back by the cool-down.
   */
  readonly #releaseOnNodes = async (_key: string, grant: LockGrant, message: string): Promise<void> => {
    const { connections, messages } = this.parts;
    try {
      await this.#quorum.release(grant);
    } finally {
      await inTime(connections.commands.publish(messages.channel, message), publishTimeout);
    }
  };
}
