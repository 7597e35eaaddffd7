import { Module } from '@nestjs/common';
import type { CredentialNames } from '#redis/tokens/accepted-credentials.js';
import type { SeenReplica } from '#redis/channel/replica-registry.js';
import type { Client } from '#tokens/model/client.js';
import { Clock } from '#tokens/model/clock.js';
import { CooldownStore } from '#tokens/ports/cooldown-store.js';
import { MemoryCooldownStore } from '#tokens/memory/memory-cooldown-store.js';
import { MemoryRenewalSchedule } from '#tokens/memory/memory-renewal-schedule.js';
import { MemoryRenewalHistory } from '#tokens/memory/memory-renewal-history.js';
import { MemoryTokenRequestBudget } from '#tokens/memory/memory-token-request-budget.js';
import { type CachedToken, MemoryTokenStore } from '#tokens/memory/memory-token-store.js';
import { RenewalHistory } from '#tokens/ports/renewal-history.js';
import { idleByQuota, PlannedRenewals, RenewalSchedule } from '#tokens/ports/renewal-schedule.js';
import { type RenewalLock, LocalRenewalLock } from '#tokens/ports/renewal-lock.js';
import { TokenRequestBudget } from '#tokens/ports/token-request-budget.js';
import type { TokenStore } from '#tokens/ports/token-store.js';
import { ClientDirectory } from '#tokens/client-directory.js';
import { TokenEvents } from '#tokens/ports/token-events.js';
import { TrustedTime } from '#tokens/trusted-time.js';
import { LoadedSettings } from '../settings/load-settings.js';
import type { Settings } from '../settings/settings.js';
import { REPLICA_NAME } from './broker-options.js';
import { factory } from './factory.js';
import type { DerivedDigests } from '#tokens/ports/derived-digests.js';
import type { SigningKeyStore } from '#tokens/ports/signing-key-store.js';
import { FolderSigningKeyStore } from './folder-signing-key-store.js';
import { redisStorage } from './redis-storage.js';

/** Where tokens are kept, and what goes with them: all in which a replica that is alone differs from one of many. */
export abstract class TokenStorage {
  /** This replica's own copies. */
  abstract memory: MemoryTokenStore;
  /** What the replicas share. */
  abstract shared: TokenStore | undefined;
  /** Of the tokens of others: while they are not live, this replica's own copies may be superseded. */
  abstract updates: { readonly isLive: boolean };
  abstract lock: RenewalLock;
  abstract schedule: RenewalSchedule & PlannedRenewals;
  abstract cooldowns: CooldownStore;
  abstract budget: TokenRequestBudget;
  abstract history: RenewalHistory;
  /** Undefined: there is no place for keys that must outlive the process. */
  abstract signingKeys: SigningKeyStore | undefined;
  abstract kind: 'memory' | 'redis';
  /** Degraded: it answers, and refuses writes or single commands. */
  abstract state(): 'up' | 'degraded' | 'down';
  /** The replicas that share it, as far as they have been heard of lately; none where nothing is shared. */
  abstract replicas(): Promise<SeenReplica[]>;
  /** Takes up what can change while running. */
  abstract apply(settings: Settings): void;
  /**
   * Removes what was minted under settings that are gone. What a former credential minted is carried over to the new one.
   * @param before the clients of the settings before
   */
  abstract purge(before: ClientDirectory): Promise<void>;
  /**
   * Drops the tokens of a client, from the near caches of all replicas too, and returns them: of several replicas that do
   * so at once, each token goes to one. @throws RedisUnavailable, then other replicas may still have them
   */
  abstract withdraw(client: Client): Promise<CachedToken[]>;
  /** Called with what is withdrawn and is not returned by `withdraw`: it is revoked. */
  abstract onTaken: (taken: readonly CachedToken[]) => void;
  /** Names the credential by which the client last obtained a token, where replicas share that. Never throws. */
  abstract acceptedCredential(client: Client): Promise<CredentialNames | undefined>;
  /** Undefined: there is no place for them that outlives the process. */
  abstract derivedDigests: DerivedDigests | undefined;
  abstract open(): Promise<void>;
  /** Hands over what others should go on with, and ends. */
  abstract close(): Promise<void>;
}

/** All in this process's memory: for a single replica. */
export function memoryStorage(clock: Clock, keyFolder?: string): TokenStorage {
  const memory = new MemoryTokenStore(clock);
  const budget = new MemoryTokenRequestBudget(clock);
  return {
    memory,
    shared: undefined,
    updates: { isLive: true },
    lock: new LocalRenewalLock(),
    schedule: new MemoryRenewalSchedule(
      clock,
      idleByQuota((client) => budget.isLow(client)),
    ),
    cooldowns: new MemoryCooldownStore(clock),
    budget,
    history: new MemoryRenewalHistory(clock),
    signingKeys: keyFolder === undefined ? undefined : new FolderSigningKeyStore(keyFolder),
    kind: 'memory',
    state: () => 'up',
    replicas: async () => [],
    apply: () => {},
    purge: async () => {},
    withdraw: async ({ identity }) => memory.withdraw(identity),
    onTaken: () => {},
    acceptedCredential: async () => undefined,
    derivedDigests: undefined,
    open: async () => {},
    close: async () => {},
  };
}

/** The store of the settings, and its parts behind their ports. */
const providers = [
  ClientDirectory,
  factory(
    TrustedTime,
    [Clock, TokenEvents],
    (clock, events) => new TrustedTime(clock, (ahead) => events.emit({ type: 'own_clock_off', ahead })),
  ),
  factory(
    TokenStorage,
    [LoadedSettings, Clock, TrustedTime, ClientDirectory, TokenEvents, REPLICA_NAME],
    ({ settings: { store, managedKeys } }, clock, time, clients, events, replica) =>
      store === undefined
        ? memoryStorage(clock, managedKeys.folder)
        : redisStorage(store.redis, { clock, time, clients, events, replica }),
  ),
  factory(MemoryTokenStore, [TokenStorage], ({ memory }) => memory),
  factory(RenewalSchedule, [TokenStorage], ({ schedule }) => schedule),
  factory(PlannedRenewals, [TokenStorage], ({ schedule }) => schedule),
  factory(CooldownStore, [TokenStorage], ({ cooldowns }) => cooldowns),
  factory(TokenRequestBudget, [TokenStorage], ({ budget }) => budget),
  factory(RenewalHistory, [TokenStorage], ({ history }) => history),
];

@Module({ providers, exports: providers })
export class StoreModule {}
