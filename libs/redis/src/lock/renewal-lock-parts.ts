import type { UpstreamFailure } from '#tokens/model/failures.js';
import type { OutcomeMessages } from '../channel/outcome-messages.js';
import type { RedisClock } from '../connection/redis-clock.js';
import type { RedisConnections } from '../connection/redis-connections.js';
import type { RedisKeys } from '../connection/redis-keys.js';

/** How the outcome of a renewal elsewhere is heard of. */
export interface RenewalOutcomes {
  /** The next failure for this request key, or nothing at a new token or after `patience` milliseconds. Never rejects. */
  next(key: string, patience: number): Promise<UpstreamFailure | undefined>;
}

export interface RenewalLockParts {
  connections: Pick<RedisConnections, 'commands' | 'lockNodes' | 'hasLockNodes'>;
  keys: RedisKeys;
  redisClock: RedisClock;
  outcomes: RenewalOutcomes;
  messages: Pick<OutcomeMessages, 'channel' | 'noChangeMessage' | 'failureMessage'>;
}

/** What went wrong in the background; `reason` is one word. */
export type LockFault = (operation: 'extend' | 'release', reason: string) => void;
