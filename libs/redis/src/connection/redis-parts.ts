import type { Clock } from '#tokens/model/clock.js';
import type { KeyRing } from '../tokens/key-ring.js';
import type { RedisClock } from './redis-clock.js';
import type { RedisClient } from './redis-connections.js';
import type { CircuitBreaker } from './circuit-breaker.js';
import type { RedisKeys } from './redis-keys.js';

/** What an adapter works with. Shared by all of them, except for clients of their own. */
export interface RedisParts {
  redis: RedisClient;
  health: CircuitBreaker;
  keys: RedisKeys;
  ring: KeyRing;
  clock: Clock;
  redisClock: RedisClock;
  /** Called when something was removed from Redis that no replica has written. */
  onRepair: () => void;
}
