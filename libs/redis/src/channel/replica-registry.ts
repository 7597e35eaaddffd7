import type { RedisParts } from '../connection/redis-parts.js';

export interface SeenReplica {
  name: string;
  /** Milliseconds since it last announced itself. */
  ago: number;
}

/** Milliseconds between announcements, until a silent replica is told no more, and until it is forgotten. */
const timing = { announce: 3_000, told: 10_000, forgotten: 3_600_000 };

/** So many replicas are told at the most. */
const most = 1_000;

/**
 * Which replicas there are: a sorted set of their names, by when each was last there on the clock of Redis. It costs a
 * command every 3 s. Nothing depends on it but what operators are told; so what fails here is left to the next time.
 */
export class ReplicaRegistry {
  #announcing: NodeJS.Timeout | undefined;

  constructor(
    private readonly name: string,
    private readonly parts: Pick<RedisParts, 'redis' | 'health' | 'keys' | 'redisClock'>,
  ) {}

  open(): void {
    this.#announcing = setInterval(() => void this.announce(), timing.announce).unref();
    void this.announce();
    void this.#forgetGone();
  }

  /** Says good-bye. */
  async close(): Promise<void> {
    clearInterval(this.#announcing);
    const { redis, keys } = this.parts;
    await this.#attempt(() => redis.zrem(keys.replicas, this.name));
  }

  async announce(): Promise<void> {
    const { redis, keys, redisClock } = this.parts;
    await this.#attempt(() => redis.zadd(keys.replicas, redisClock.now(), this.name));
  }

  /** Those that were there in the last 10 s; none while Redis is down. */
  async seen(): Promise<SeenReplica[]> {
    const { redis, keys, redisClock } = this.parts;
    const now = redisClock.now();
    const from = now - timing.told;
    const found = await this.#attempt(() =>
      redis.zrange(keys.replicas, from, '+inf', 'BYSCORE', 'LIMIT', 0, most, 'WITHSCORES'),
    );
    return Array.from({ length: (found?.length ?? 0) / 2 }, (_, n) => ({
      name: found![2 * n]!,
      ago: Math.max(0, now - Number(found![2 * n + 1])),
    }));
  }

  /** Names of pods never come back: without this they would pile up. */
  async #forgetGone(): Promise<void> {
    const { redis, keys, redisClock } = this.parts;
    const before = redisClock.now() - timing.forgotten;
    await this.#attempt(() => redis.zremrangebyscore(keys.replicas, '-inf', before));
  }

  async #attempt<T>(act: () => Promise<T>): Promise<T | undefined> {
    return this.parts.health.attempt(act).catch(() => undefined);
  }
}
