import { once } from 'node:events';
import { KeyRing } from '#redis/tokens/key-ring.js';
import { RedisClock } from '#redis/connection/redis-clock.js';
import { RedisConnections } from '#redis/connection/redis-connections.js';
import { CircuitBreaker } from '#redis/connection/circuit-breaker.js';
import { removeWrongTypes } from '#redis/connection/entries.js';
import { RedisKeys } from '#redis/connection/redis-keys.js';
import type { RedisParts } from '#redis/connection/redis-parts.js';
import { FakeClock } from '#test/fake-clock.js';
import { RedisServer } from '#test/redis-server.js';
import { someEncryptionKey } from './some-replica.js';

/** A deadline that holds on a busy machine too. */
const times = { deadline: 5_000, pause: 1_000 };

const theKey = someEncryptionKey('2026-11');

export interface SomeRedisParts extends RedisParts {
  clock: FakeClock;
}

/** One Redis server, and what each of some replicas has of it: connections and a clock of its own. */
export class SomeRedis {
  /** How often something was removed that no replica has written. */
  repairs = 0;
  readonly #opened: RedisConnections[] = [];

  private constructor(readonly server: RedisServer) {}

  static async start(): Promise<SomeRedis> {
    return new SomeRedis(await RedisServer.start());
  }

  async parts(ring = new KeyRing([theKey]), clock = new FakeClock()): Promise<SomeRedisParts> {
    const connections = RedisConnections.open({ url: this.server.url, keyPrefix: 'token-broker' }, () => {});
    this.#opened.push(connections);
    await connections.ready(5_000);
    const [redis, keys] = [connections.commands, new RedisKeys('token-broker')];
    const redisClock = new RedisClock(clock);
    await redisClock.ask(redis, keys.scheduleDue);
    const health = new CircuitBreaker(clock, {
      times,
      repair: (error) => removeWrongTypes(redis, keys, error),
    });
    return { redis, health, keys, ring, clock, redisClock, onRepair: () => this.repairs++ };
  }

  /** Empties Redis, and lets the replicas go that a test has made. */
  async reset(): Promise<void> {
    await Promise.all(this.#opened.splice(0).map((connections) => connections.close()));
    await this.server.command('FLUSHALL');
  }

  async stop(): Promise<void> {
    await Promise.all(this.#opened.map((connections) => connections.close()));
    await this.server.stop();
  }

  /** Redis is away for this replica. `parts.redis.connect()` brings it back. */
  async cutOff({ redis }: RedisParts): Promise<void> {
    const ended = once(redis, 'end');
    redis.disconnect();
    await ended;
  }

  /** Bytes that it has sent to all of its clients. */
  async bytesSent(): Promise<number> {
    const stats = String(await this.server.command('INFO', 'stats'));
    return Number(/total_net_output_bytes:(\d+)/.exec(stats)![1]);
  }

  /** The commands that `act` costs, by name. */
  async cost(act: () => Promise<unknown>): Promise<Record<string, number>> {
    await this.server.command('CONFIG', 'RESETSTAT');
    await act();
    const { 'config|resetstat': _reset, info: _info, ...counts } = await this.server.commandCounts();
    return counts;
  }
}
