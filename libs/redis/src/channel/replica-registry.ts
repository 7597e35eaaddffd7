import { LuaScript } from '../connection/lua-script.js';
import { clockTolerance } from '../connection/redis-clock.js';
import type { RedisParts } from '../connection/redis-parts.js';

export interface SeenReplica {
  name: string;
  /** Milliseconds since it last announced itself. */
  ago: number;
}

/** Milliseconds between announcements, until a silent replica is no longer listed, and until it is removed. */
const timing = { announce: 3_000, listed: 10_000, kept: 3_600_000 };

/** How many replicas are listed, and the bytes of a name: a host name (RFC 1123). */
const limits = { replicas: 1_000, name: 253 };

const listReplicas = new LuaScript(new URL('./list-replicas.lua', import.meta.url));

/**
 * Which replicas there are: a sorted set of their names, by when each last announced itself on the clock of Redis.
 * Operators see it, and while Redis is down a replica takes its share of a quota by it; what fails here is left to the
 * next time.
 */
export class ReplicaRegistry {
  #announcing: NodeJS.Timeout | undefined;
  #lastCount: number | undefined;

  constructor(
    private readonly name: string,
    private readonly parts: Pick<RedisParts, 'redis' | 'health' | 'keys' | 'redisClock' | 'onRepair'>,
  ) {}

  open(): void {
    this.#announcing = setInterval(() => void this.announce(), timing.announce).unref();
    void this.announce();
    void this.#removeGone();
  }

  /** Removes this replica. */
  async close(): Promise<void> {
    clearInterval(this.#announcing);
    const { redis, keys } = this.parts;
    await this.#attempt(() => redis.zrem(keys.replicas, this.name));
  }

  /** How many there are, this one included, as last known; undefined before the first reply of Redis. */
  get count(): number | undefined {
    return this.#lastCount;
  }

  async announce(): Promise<void> {
    const { redis, keys, redisClock } = this.parts;
    const now = redisClock.now();
    await this.#attempt(() => redis.zadd(keys.replicas, now, this.name));
    const count = () => redis.zcount(keys.replicas, now - timing.listed, now + clockTolerance);
    const counted = await this.#attempt(count);
    this.#lastCount = counted === undefined ? this.#lastCount : Math.min(counted, limits.replicas);
  }

  /** Those that announced themselves in the last 10 s; none while Redis is down. */
  async seen(): Promise<SeenReplica[]> {
    const { redis, keys, redisClock, onRepair } = this.parts;
    const now = redisClock.now();
    const range = [now - timing.listed, now + clockTolerance, limits.replicas, limits.name];
    const reply = await this.#attempt(() => listReplicas.run(redis, [keys.replicas], range));
    const [removed, ...found] = (reply ?? [0]) as [number, ...string[]];
    if (removed > 0) onRepair();
    return Array.from({ length: found.length / 2 }, (_, n) => ({
      name: found[2 * n]!,
      ago: Math.max(0, now - Number(found[2 * n + 1])),
    }));
  }

  /** Names of pods never come back: without this they would pile up. */
  async #removeGone(): Promise<void> {
    const { redis, keys, redisClock } = this.parts;
    const before = redisClock.now() - timing.kept;
    await this.#attempt(() => redis.zremrangebyscore(keys.replicas, '-inf', before));
  }

  async #attempt<T>(act: () => Promise<T>): Promise<T | undefined> {
    return this.parts.health.attempt(act).catch(() => undefined);
  }
}
