import { randomBytes } from 'node:crypto';
import { KeyRing } from '#redis/tokens/key-ring.js';
import { OutcomeChannel } from '#redis/channel/outcome-channel.js';
import { OutcomeMessages } from '#redis/channel/outcome-messages.js';
import { RedisClock } from '#redis/connection/redis-clock.js';
import { RedisConnections } from '#redis/connection/redis-connections.js';
import { CircuitBreaker } from '#redis/connection/circuit-breaker.js';
import { RedisKeys } from '#redis/connection/redis-keys.js';
import type { RedisOptions } from '#redis/connection/redis-options.js';
import { RedisRenewalLock } from '#redis/lock/redis-renewal-lock.js';
import { SystemClock } from '#tokens/model/clock.js';
import { Secret } from '#tokens/model/secret.js';

const ring = new KeyRing([{ id: 'k', key: new Secret(randomBytes(32).toString('base64')) }]);
const clock = new SystemClock();

/** The lock of one replica, with the channel on which it hears of outcomes. */
export class ReplicaLock {
  /** What went wrong in the background. */
  readonly faults: string[] = [];
  readonly lock: RedisRenewalLock;
  readonly channel: OutcomeChannel;

  private constructor(
    readonly connections: RedisConnections,
    readonly keys: RedisKeys,
  ) {
    const { commands: redis, subscriber } = connections;
    const messages = new OutcomeMessages(keys.events, ring);
    const redisClock = new RedisClock(clock);
    const listener = {
      onToken: () => {},
      onFailure: () => {},
      onWithdrawal: () => {},
      onLiveChange: () => {},
      catchUp: async () => {},
    };
    this.channel = new OutcomeChannel(
      {
        subscriber,
        redis,
        health: new CircuitBreaker(clock),
        messages,
        redisClock,
        renew: () => connections.renew(),
      },
      listener,
    );
    this.channel.open();
    const parts = { connections, keys, redisClock, messages };
    this.lock = new RedisRenewalLock({ ...parts, outcomes: this.channel }, clock, Math.random, (...fault) =>
      this.faults.push(fault.join(' ')),
    );
  }

  /** Does not wait for a Redis that is away. */
  static async start(options: Omit<RedisOptions, 'keyPrefix'>): Promise<ReplicaLock> {
    const keyPrefix = 'token-broker';
    const connections = RedisConnections.open({ ...options, keyPrefix }, () => {});
    const replica = new ReplicaLock(connections, new RedisKeys(keyPrefix));
    if (await connections.ready(3_000)) await replica.#heard();
    return replica;
  }

  /** What is subscribed to before is heard; so the answer to another SUBSCRIBE comes after that to the first. */
  async #heard(): Promise<void> {
    await this.connections.subscriber.subscribe(this.keys.events);
  }

  async stop(): Promise<void> {
    this.channel.close();
    await this.connections.close();
  }
}
