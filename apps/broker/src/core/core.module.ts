import { type DynamicModule, Module } from '@nestjs/common';
import type { Tracer } from '@opentelemetry/api';
import type { Logger } from 'pino';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { ConsumerActivities } from '#consumers/consumer-activity.js';
import { exposeCachedTokens } from '#metrics/cached-token-metrics.js';
import { exposeConsumers } from '#metrics/consumer-metrics.js';
import { exposeClients } from '#metrics/client-metrics.js';
import { registerLateness } from '#metrics/schedule-metrics.js';
import { SettingsMetrics } from '#metrics/settings-metrics.js';
import { TokenMetrics } from '#metrics/token-metrics.js';
import { ClientDirectory } from '#tokens/client-directory.js';
import { carryOver } from '#tokens/credential-rollover.js';
import { GuardedAuthorizationServer } from '#tokens/upstream.js';
import { MemoryTokenStore } from '#tokens/memory/memory-token-store.js';
import { Clock } from '#tokens/model/clock.js';
import type { NearCache, TokenStore } from '#tokens/ports/token-store.js';
import { AuthorizationServer } from '#tokens/ports/authorization-server.js';
import { CooldownStore } from '#tokens/ports/cooldown-store.js';
import { PlannedRenewals, RenewalSchedule } from '#tokens/ports/renewal-schedule.js';
import { RenewalLock } from '#tokens/ports/renewal-lock.js';
import { TokenEvents } from '#tokens/ports/token-events.js';
import { TokenRequestBudget } from '#tokens/ports/token-request-budget.js';
import { RenewalSweep } from '#tokens/renewal-sweep.js';
import type { TokenRequest } from '#tokens/model/token-request.js';
import { TokenBroker, TokenSource } from '#tokens/token-broker.js';
import { TokenCache } from '#tokens/token-cache.js';
import { TokenRenewal } from '#tokens/token-renewal.js';
import { TrustedTime } from '#tokens/trusted-time.js';
import { RedisClock } from '#redis/connection/redis-clock.js';
import {
  TracedAuthorizationServer,
  TracedNearCache,
  TracedRenewalLock,
  TracedTokenSource,
  TracedTokenStore,
} from '#traces/traced-ports.js';
import { tracedBy } from '#traces/tracer.js';
import { LoadedSettings } from '../settings/load-settings.js';
import { SettingsFile } from '../settings/settings-file.js';
import type { Settings } from '../settings/settings.js';
import { BrokerHealth } from './broker-health.js';
import { type BrokerOptions, LOG, TRACER } from './broker-options.js';
import { clientGauges } from './client-health.js';
import { ActiveSettings } from './active-settings.js';
import { ObservationModule } from './observation.module.js';
import { ClientConnections, type ConnectedClient } from './connected-client.js';
import { consumerReports } from './consumer-reports.js';
import { ManagedKeys } from '#oauth/keys/managed-keys.js';
import type { ManagedKey } from '#oauth/keys/managed-key-set.js';
import { PublishedKeys } from './published-keys.js';
import { ScheduledJobs } from './scheduled-jobs.js';
import { CredentialTrials } from './credential-trials.js';
import { TokenWithdrawal } from './token-withdrawal.js';
import { type SettingsSnapshot, settingsSnapshot } from './settings-snapshot.js';
import { StoreModule, TokenStorage } from './store.module.js';

/** The wiring, read from top to bottom: each part is made of those above it. */
@Module({})
export class CoreModule {
  static forRoot(options: BrokerOptions): DynamicModule {
    return {
      module: CoreModule,
      global: true,
      imports: [ObservationModule.forRoot(options), StoreModule],
      providers: [
        {
          provide: RenewalLock,
          inject: [TokenStorage, TRACER],
          useFactory: ({ lock }: TokenStorage, tracer?: Tracer) => tracedBy(tracer)(lock, TracedRenewalLock),
        },
        {
          provide: AuthorizationServer,
          inject: [TRACER],
          useFactory: (tracer?: Tracer) =>
            tracedBy(tracer)<AuthorizationServer>(new ClientConnections(), TracedAuthorizationServer),
        },
        {
          provide: TokenCache,
          inject: [TokenStorage, Clock, TokenEvents, TRACER],
          useFactory: (storage: TokenStorage, clock: Clock, events: TokenEvents, tracer?: Tracer) => {
            const { memory, shared, isNearCoherent } = storage;
            const near = tracedBy(tracer)<NearCache>(memory, TracedNearCache);
            const tracedShared = shared && tracedBy(tracer)<TokenStore>(shared, TracedTokenStore);
            return new TokenCache(near, tracedShared, clock, events, isNearCoherent);
          },
        },
        {
          provide: GuardedAuthorizationServer,
          inject: [AuthorizationServer, CooldownStore, TokenRequestBudget, TokenEvents, TrustedTime],
          useFactory: (
            authorizationServer: AuthorizationServer,
            cooldowns: CooldownStore,
            budget: TokenRequestBudget,
            events: TokenEvents,
            time: TrustedTime,
          ) =>
            new GuardedAuthorizationServer(
              { authorizationServer, cooldowns, budget },
              events,
              Math.random,
              () => time.isDisputed,
            ),
        },
        {
          provide: TokenRenewal,
          inject: [TokenCache, RenewalLock, RenewalSchedule, GuardedAuthorizationServer, TokenEvents, Clock],
          useFactory: (
            cache: TokenCache,
            lock: RenewalLock,
            schedule: RenewalSchedule,
            upstream: GuardedAuthorizationServer,
            events: TokenEvents,
            clock: Clock,
          ) => new TokenRenewal({ cache, lock, schedule, upstream }, events, clock, Math.random),
        },
        {
          provide: TokenSource,
          inject: [TokenCache, TokenRenewal, RenewalSchedule, Clock, CooldownStore, TRACER],
          useFactory: (
            cache: TokenCache,
            renewal: TokenRenewal,
            schedule: RenewalSchedule,
            clock: Clock,
            cooldowns: CooldownStore,
            tracer?: Tracer,
          ) =>
            tracedBy(tracer)<TokenSource>(
              new TokenBroker(cache, renewal, schedule, clock, cooldowns),
              TracedTokenSource,
            ),
        },
        {
          provide: RenewalSweep,
          inject: [RenewalSchedule, TokenSource, ClientDirectory, TokenEvents, Clock],
          useFactory: (
            schedule: RenewalSchedule,
            broker: TokenSource,
            clients: ClientDirectory,
            events: TokenEvents,
            clock: Clock,
          ) => new RenewalSweep({ schedule, broker, clients }, events, clock),
        },
        {
          provide: CredentialTrials,
          inject: [TokenSource, TokenCache, MemoryTokenStore, PlannedRenewals, Clock],
          useFactory: (
            broker: TokenSource,
            cache: TokenCache,
            memory: MemoryTokenStore,
            schedule: PlannedRenewals,
            clock: Clock,
          ) => new CredentialTrials({ broker, cache, memory, schedule }, clock),
        },
        {
          provide: TokenWithdrawal,
          inject: [TokenStorage, RenewalSchedule, Clock, LOG],
          useFactory: (storage: TokenStorage, schedule: RenewalSchedule, clock: Clock, log: Logger) =>
            new TokenWithdrawal(storage, schedule, clock, log),
        },
        {
          provide: PublishedKeys,
          inject: [TokenStorage, Clock, LOG],
          useFactory: ({ signingKeys }: TokenStorage, clock: Clock, log: Logger) => {
            const announced = (client: string, { keyId, activeFrom }: ManagedKey) =>
              log.info({ client, keyId, activeFrom: new Date(activeFrom) }, 'signing key announced');
            return new PublishedKeys(signingKeys && new ManagedKeys(signingKeys, clock, announced));
          },
        },
        {
          provide: ActiveSettings,
          inject: [
            SettingsFile,
            LoadedSettings,
            ConsumerActivities,
            PublishedKeys,
            CredentialTrials,
            TokenWithdrawal,
            ClientDirectory,
            TokenStorage,
            BrokerHealth,
            TokenMetrics,
            SettingsMetrics,
            Clock,
            TrustedTime,
            LOG,
          ],
          useFactory: activeSettings,
        },
        {
          provide: 'gauges',
          inject: [
            Registry,
            ConsumerActivities,
            MemoryTokenStore,
            BrokerHealth,
            CredentialTrials,
            TokenRequestBudget,
            PlannedRenewals,
            Clock,
            TrustedTime,
          ],
          useFactory: exposeGauges,
        },
        ScheduledJobs,
      ],
      exports: [
        StoreModule,
        TokenCache,
        GuardedAuthorizationServer,
        TokenRenewal,
        TokenSource,
        RenewalSweep,
        CredentialTrials,
        TokenWithdrawal,
        PublishedKeys,
        ActiveSettings,
      ],
    };
  }
}

/** Read at each scrape. */
function exposeGauges(
  registry: Registry,
  consumers: ConsumerActivities,
  memory: MemoryTokenStore,
  health: BrokerHealth,
  trials: CredentialTrials,
  budget: TokenRequestBudget,
  schedule: PlannedRenewals,
  clock: Clock,
  time: TrustedTime,
): void {
  collectDefaultMetrics({ register: registry });
  exposeCachedTokens(registry, () => memory.snapshot(), clock);
  const peers = () => [{ peer: RedisClock.peer, skew: time.skewOf(RedisClock.peer) }];
  exposeClients(registry, () => clientGauges(health.clients, trials, budget, clock), peers);
  exposeConsumers(registry, () => consumerReports(consumers, clock));
  registerLateness(registry, () => health.overdue.maxLateness(schedule));
}

async function activeSettings(
  file: SettingsFile,
  loaded: LoadedSettings,
  activities: ConsumerActivities,
  publishedKeys: PublishedKeys,
  trials: CredentialTrials,
  withdrawal: TokenWithdrawal,
  clients: ClientDirectory,
  storage: TokenStorage,
  health: BrokerHealth,
  tokenMetrics: TokenMetrics,
  metrics: SettingsMetrics,
  clock: Clock,
  time: TrustedTime,
  log: Logger,
): Promise<ActiveSettings> {
  const { memory, schedule, cooldowns } = storage;

  const make = (next: Settings, before: SettingsSnapshot | undefined): Promise<SettingsSnapshot> =>
    settingsSnapshot(next, {
      clock,
      activities,
      before,
      managedKeys: publishedKeys.keys,
      needsTrial: (former, changed) => trials.isNeeded(former, changed),
      onTokenRequest(event) {
        if (event.rateLimit !== undefined) health.clients.rateLimited(event.client, event.rateLimit);
        tokenMetrics.sent(event);
        if (event.skew === undefined) return;
        health.clients.skewed(event.client, event.skew);
        time.note(event.server, clock.wallTime() + event.skew);
      },
      clockSkew: {
        agreed: () => time.now() - clock.wallTime(),
        ofStore: () => time.skewOf(RedisClock.peer),
      },
      onKeysNotFetched(issuer, err) {
        metrics.workloadKeysFailed(issuer);
        log.warn({ issuer, err }, 'keys of the workload issuer not fetched; those known stay in use');
      },
    });

  function onChange(next: SettingsSnapshot, before: SettingsSnapshot | undefined): void {
    storage.apply(next.settings);
    publishedKeys.replaceSettings(next.settings);
    clients.replace(next.clients);
    const isMade = (request: TokenRequest) => clients.current(request) !== undefined;
    health.replaceClients(next.clients, isMade);
    for (const client of removed(before, next))
      if (client.options.revokeOnRemoval) void withdrawal.remove(client);
    carryOver(memory, schedule, clients, clock.now());
    memory.retain(isMade);
    void cooldowns.forgetRequests();
    void schedule.keep(clients.preload());
    if (before !== undefined && anyClientIdentityChanged(before, next)) {
      const former = new ClientDirectory();
      former.replace(before.clients);
      void storage.purge(former);
    }
    activities.retain(new Set(Object.keys(next.settings.consumers)));
    trials.replace(next.onTrial);
  }

  const active = new ActiveSettings({ file, loaded, make, trials, onChange }, metrics, log, clock);
  await active.start();
  return active;
}

/** The clients that are not there any more, or are registered elsewhere. */
function removed(before: SettingsSnapshot | undefined, next: SettingsSnapshot): ConnectedClient[] {
  const registrations = new Set(next.clients.map(({ registration }) => registration));
  return (before?.clients ?? []).filter(({ registration }) => !registrations.has(registration));
}

/** Whether a client has another credential now, or is registered elsewhere: then its tokens are no longer served. */
function anyClientIdentityChanged(before: SettingsSnapshot, next: SettingsSnapshot): boolean {
  const identities = new Map(before.clients.map(({ name, identity }) => [name, identity]));
  return next.clients.some(({ name, identity }) => identities.get(name) !== identity);
}
