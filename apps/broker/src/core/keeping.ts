import type { SeenReplica } from '#redis/channel/replica-registry.js';
import type { Clock } from '#tokens/model/clock.js';
import type { CooldownStore } from '#tokens/ports/cooldown-store.js';
import { MemoryCooldownStore } from '#tokens/memory/memory-cooldown-store.js';
import { MemoryRenewalSchedule } from '#tokens/memory/memory-renewal-schedule.js';
import { MemoryTokenRequestBudget } from '#tokens/memory/memory-token-request-budget.js';
import { MemoryTokenStore } from '#tokens/memory/memory-token-store.js';
import type { PlannedRenewals } from '#tokens/ports/planned-renewals.js';
import { type RenewalLock, LocalRenewalLock } from '#tokens/ports/renewal-lock.js';
import type { RenewalSchedule } from '#tokens/ports/renewal-schedule.js';
import type { TokenRequestBudget } from '#tokens/ports/token-request-budget.js';
import type { TokenStore } from '#tokens/ports/token-store.js';
import type { Settings } from '../settings/settings.js';

/** Where tokens are kept, and what goes with them: all in which a replica that is alone differs from one of many. */
export interface Keeping {
  /** This replica's own copies. */
  memory: MemoryTokenStore;
  /** What the replicas share. */
  shared: TokenStore | undefined;
  isNearCoherent(): boolean;
  lock: RenewalLock;
  schedule: RenewalSchedule & PlannedRenewals;
  cooldowns: CooldownStore;
  budget: TokenRequestBudget;
  kind: 'memory' | 'redis';
  isUp(): boolean;
  /** The replicas that share it, as far as they have been heard of lately; none where nothing is shared. */
  replicas(): Promise<SeenReplica[]>;
  /** Takes up what can change while running. */
  takeOver(settings: Settings): void;
  /** Removes what was minted under settings that are gone. */
  purge(): Promise<void>;
  open(): Promise<void>;
  /** Hands over what others should go on with, and ends. */
  close(): Promise<void>;
}

/** All in this process's memory: for a single replica. */
export function memoryKeeping(clock: Clock): Keeping {
  const memory = new MemoryTokenStore(clock);
  return {
    memory,
    shared: undefined,
    isNearCoherent: () => true,
    lock: new LocalRenewalLock(),
    schedule: new MemoryRenewalSchedule(clock),
    cooldowns: new MemoryCooldownStore(clock),
    budget: new MemoryTokenRequestBudget(clock),
    kind: 'memory',
    isUp: () => true,
    replicas: async () => [],
    takeOver: () => {},
    purge: async () => {},
    open: async () => {},
    close: async () => {},
  };
}
