import { randomUUID } from 'node:crypto';
import type { UpstreamFailure } from '#tokens/model/failures.js';
import { type ChannelListener, SubscriptionHealth } from './subscription-health.js';
import type { OutcomeMessages } from './outcome-messages.js';
import { reasonOf } from '../connection/redis-failure.js';
import type { RedisClient } from '../connection/redis-connections.js';
import type { RedisParts } from '../connection/redis-parts.js';

export interface OutcomeChannelParts extends Pick<RedisParts, 'redis' | 'health' | 'redisClock'> {
  /** For SUBSCRIBE only. */
  subscriber: RedisClient;
  messages: OutcomeMessages;
  /** Opens all connections anew. */
  renew(): void;
}

/** Milliseconds between heartbeats, and of silence after which messages may be missed: so one is made up for within a second. */
const timing = { heartbeat: 400, silence: 850 };

/** How many heartbeats in a row may fail to come back before the connections are opened anew: time also passes for a busy process. */
const maxMissedHeartbeats = 5;

/** What replicas publish about renewals, and whether this one receives all of it. */
export class OutcomeChannel {
  /** For its heartbeats: on the channel of all, each replica would receive as many as there are replicas. */
  readonly #own: string;
  readonly #waiters = new OutcomeWaiters();
  readonly #health: SubscriptionHealth;
  #heartbeat: NodeJS.Timeout | undefined;
  #subscribing = false;
  #lost = 0;

  constructor(
    private readonly parts: OutcomeChannelParts,
    private readonly listener: ChannelListener,
  ) {
    this.#own = `${parts.messages.channel}:${randomUUID()}`;
    this.#health = new SubscriptionHealth(listener, timing.silence);
  }

  /** Whether this replica receives every message. */
  get isLive(): boolean {
    return this.#health.isLive;
  }

  /** Subscribes, now or as soon as Redis is up. */
  open(): void {
    const { subscriber } = this.parts;
    subscriber.on('message', this.#onMessage).on('ready', this.#tick).on('close', this.#onClose);
    this.#heartbeat = setInterval(this.#tick, timing.heartbeat).unref();
    this.#tick();
  }

  /** Callers that wait continue as after their timeout. The connections are left to their owner. */
  close(): void {
    clearInterval(this.#heartbeat);
    const { subscriber } = this.parts;
    subscriber.off('message', this.#onMessage).off('ready', this.#tick).off('close', this.#onClose);
    this.#health.markStale();
    this.#waiters.wakeAll();
  }

  /**
   * The next outcome of a renewal of this request key at any replica: the failure, or nothing when it is time to look in
   * the store, after `timeout` milliseconds at the latest.
   */
  next(key: string, timeout: number): Promise<UpstreamFailure | undefined> {
    return this.#waiters.next(key, timeout, this.parts.redisClock.now());
  }

  readonly #onClose = (): void => this.#health.markStale();

  readonly #tick = (): void => {
    if (this.isLive) void this.#sendHeartbeat();
    else void this.#subscribe();
    if (++this.#lost <= maxMissedHeartbeats) return;
    this.#lost = 0;
    this.parts.renew();
  };

  /**
   * Until a heartbeat comes back it is subscribed again, although ioredis does so after a loss: a connection that was
   * forgotten on the way is noticed only when a reply is missing.
   */
  async #subscribe(): Promise<void> {
    const { subscriber, messages } = this.parts;
    if (this.#subscribing || subscriber.status !== 'ready') return;
    this.#subscribing = true;
    try {
      await subscriber.subscribe(messages.channel, this.#own);
      await this.#sendHeartbeat();
    } catch (error) {
      // Tried again at the next tick. A user without the channel is not helped by new connections.
      if (reasonOf(error) === 'NOPERM') await this.#refused(error);
    } finally {
      this.#subscribing = false;
    }
  }

  /**
   * It comes back over the connection on which tokens are published, if that leads to the Redis that commands reach. One
   * that cannot be sent does not come back either, which is noticed.
   */
  async #sendHeartbeat(): Promise<void> {
    const { redis, health } = this.parts;
    await health
      .attempt(() => redis.publish(this.#own, 'heartbeat'))
      .catch((failure) => {
        if (reasonOf(failure) === 'NOPERM') this.#lost = 0;
      });
  }

  async #refused(cause: unknown): Promise<void> {
    this.#lost = 0;
    const refusal = () => Promise.reject(cause);
    await this.parts.health.attempt(refusal).catch(() => {});
  }

  #onHeartbeat(): void {
    this.#lost = 0;
    this.#health.heartbeatReceived();
  }

  readonly #onMessage = (channel: string, message: string): void => {
    const { messages } = this.parts;
    if (channel === this.#own) return this.#onHeartbeat();
    const outcome = channel === messages.channel ? messages.parse(message) : undefined;
    if (outcome?.type === 'no_change') this.#waiters.wake(outcome.key);
    if (outcome?.type === 'failure') {
      this.listener.onFailure();
      this.#waiters.wake(outcome.key, outcome);
    }
    if (outcome?.type === 'withdrawal') this.listener.onWithdrawal(outcome);
    if (outcome?.type !== 'token') return;
    this.listener.onToken(outcome);
    this.#waiters.wake(outcome.key);
  };
}

/** A failure, and when it was, in milliseconds of the clock of Redis. */
interface FailedOutcome {
  failure: UpstreamFailure | undefined;
  at: number | undefined;
}

type Wake = (outcome?: FailedOutcome) => void;

/** Milliseconds: replicas may know the clock of Redis not quite alike. */
const clockTolerance = 1_000;

/** The callers that wait for the outcome of a renewal at another replica. */
export class OutcomeWaiters {
  readonly #waiting = new Map<string, Set<Wake>>();

  /** How many wait. */
  get size(): number {
    return [...this.#waiting.values()].reduce((sum, { size }) => sum + size, 0);
  }

  /**
   * The next outcome for this request key: the failure, or nothing for a token, or after `timeout` milliseconds. A failure
   * from before `since` is that of another holding, published once more by someone who can write to Redis.
   */
  next(key: string, timeout: number, since: number): Promise<UpstreamFailure | undefined> {
    const { promise, resolve } = Promise.withResolvers<UpstreamFailure | undefined>();
    const waiting = this.#waiting.get(key) ?? new Set();
    const wake: Wake = ({ failure, at = -Infinity } = { failure: undefined, at: undefined }) => {
      clearTimeout(timer);
      waiting.delete(wake);
      if (waiting.size === 0) this.#waiting.delete(key);
      resolve(at >= since - clockTolerance ? failure : undefined);
    };
    const timer = setTimeout(wake, timeout);
    this.#waiting.set(key, waiting.add(wake));
    return promise;
  }

  wake(key: string, outcome?: FailedOutcome): void {
    for (const wake of this.#waiting.get(key) ?? []) wake(outcome);
  }

  wakeAll(): void {
    for (const key of this.#waiting.keys()) this.wake(key);
  }
}
