import { randomBytes } from 'node:crypto';
import type { ChannelListener } from '#redis/channel/subscription-health.js';
import { type EncryptionKey, KeyRing } from '#redis/tokens/key-ring.js';
import { NearCacheUpdater } from '#redis/tokens/near-cache-updater.js';
import { OutcomeChannel } from '#redis/channel/outcome-channel.js';
import { OutcomeMessages, type TokenUpdate, type Withdrawal } from '#redis/channel/outcome-messages.js';
import { RedisClock } from '#redis/connection/redis-clock.js';
import { RedisConnections } from '#redis/connection/redis-connections.js';
import { CircuitBreaker } from '#redis/connection/circuit-breaker.js';
import { removeWrongTypes } from '#redis/connection/entries.js';
import { RedisKeys } from '#redis/connection/redis-keys.js';
import { RedisTokenStore } from '#redis/tokens/redis-token-store.js';
import { Withdrawals } from '#redis/tokens/withdrawals.js';
import { type Clock, SystemClock } from '#tokens/model/clock.js';
import { type CachedToken, MemoryTokenStore } from '#tokens/memory/memory-token-store.js';
import { Secret } from '#tokens/model/secret.js';
import type { TokenRequest } from '#tokens/model/token-request.js';

export function someEncryptionKey(id: string): EncryptionKey {
  return { id, key: new Secret(randomBytes(32).toString('base64')) };
}

const theKey = someEncryptionKey('2026-11');

export interface SomeReplicaOptions {
  clock?: Clock;
  ring?: KeyRing;
}

/** What one broker process has of `libs/redis` around its tokens, wired as the broker wires it. */
export class SomeReplica implements ChannelListener {
  readonly keys = new RedisKeys('token-broker');
  readonly unreadable: TokenRequest[] = [];
  /** How often something was removed that no replica has written. */
  repairs = 0;
  /** All that the channel has said of trust. */
  readonly trust: boolean[] = [];
  readonly clock: Clock;
  readonly ring: KeyRing;
  readonly messages: OutcomeMessages;
  readonly near: MemoryTokenStore;
  readonly redisClock: RedisClock;
  readonly store: RedisTokenStore;
  readonly nearCopies: NearCacheUpdater;
  readonly channel: OutcomeChannel;
  readonly withdrawals: Withdrawals;
  /** What was taken out of Redis because another replica has withdrawn tokens. */
  readonly taken: CachedToken[] = [];

  private constructor(
    readonly connections: RedisConnections,
    options: SomeReplicaOptions,
  ) {
    this.clock = options.clock ?? new SystemClock();
    this.ring = options.ring ?? new KeyRing([theKey]);
    this.messages = new OutcomeMessages(this.keys.events, this.ring);
    this.near = new MemoryTokenStore(this.clock);
    this.redisClock = new RedisClock(this.clock);
    const { keys, near, messages, redisClock } = this;
    const { commands: redis, subscriber } = connections;
    const health = new CircuitBreaker(new SystemClock(), {
      repair: (error) => removeWrongTypes(redis, keys, error),
    });
    const onRepair = () => this.repairs++;
    const parts = { redis, health, keys, ring: this.ring, clock: this.clock, redisClock, messages, onRepair };
    this.store = new RedisTokenStore(parts, (request) => this.unreadable.push(request));
    this.nearCopies = new NearCacheUpdater(near, this.store, Math.random);
    this.channel = new OutcomeChannel(
      { subscriber, redis, health, messages, redisClock, renew: () => connections.renew() },
      this,
    );
    const withdrawalParts = { ...parts, near, store: this.store };
    this.withdrawals = new Withdrawals(withdrawalParts, (taken) => this.taken.push(...taken));
  }

  static async start(url: string, options: SomeReplicaOptions = {}): Promise<SomeReplica> {
    const connections = RedisConnections.open({ url, keyPrefix: 'token-broker' }, () => {});
    await connections.ready(5_000);
    const replica = new SomeReplica(connections, options);
    await replica.redisClock.ask(connections.commands, replica.keys.scheduleDue);
    return replica;
  }

  onFailure(): void {}

  onWithdrawal(withdrawal: Withdrawal): void {
    void this.withdrawals.apply(withdrawal);
  }

  onToken(news: TokenUpdate): void {
    this.nearCopies.apply(news);
  }

  onLiveChange(trusted: boolean): void {
    this.trust.push(trusted);
  }

  catchUp(): Promise<void> {
    return this.nearCopies.catchUp();
  }

  async stop(): Promise<void> {
    this.channel.close();
    await this.connections.close();
  }
}
