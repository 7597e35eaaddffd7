import type { UpstreamFailure } from '#tokens/failures.js';
import type { HeldLeases } from './held-leases.js';
import type { OutcomeMessages } from './outcome-messages.js';
import type { RedisClock } from './redis-clock.js';
import type { RedisConnections } from './redis-connections.js';
import type { RedisKeys } from './redis-keys.js';

/** How the outcome of a renewal elsewhere is heard of. */
export interface RenewalOutcomes {
  /** The next failure for this request key, or nothing at a new token or after `patience` milliseconds. Never rejects. */
  next(key: string, patience: number): Promise<UpstreamFailure | undefined>;
}

export interface RenewalLockParts {
  connections: Pick<RedisConnections, 'commands' | 'lockNodes' | 'hasLockNodes'>;
  keys: RedisKeys;
  leases: HeldLeases;
  redisClock: RedisClock;
  outcomes: RenewalOutcomes;
  messages: Pick<OutcomeMessages, 'channel' | 'overMessage' | 'failureMessage'>;
}

/** What went wrong in the background; `reason` is one word. */
export type LockFault = (operation: 'extend' | 'release', reason: string) => void;
