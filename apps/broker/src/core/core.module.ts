import { type DynamicModule, Module } from '@nestjs/common';
import type { Tracer } from '@opentelemetry/api';
import type { Logger } from 'pino';
import { Registry } from 'prom-client';
import { ConsumerActivities } from '#consumers/consumer-activity.js';
import { SettingsMetrics } from '#metrics/settings-metrics.js';
import { TokenMetrics } from '#metrics/token-metrics.js';
import { ClientDirectory } from '#tokens/client-directory.js';
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
import { KeyRemoval } from '#tokens/key-removal.js';
import { RenewalSweep } from '#tokens/renewal-sweep.js';
import { TokenBroker, TokenSource } from '#tokens/token-broker.js';
import { TokenCache } from '#tokens/token-cache.js';
import { TokenRenewal } from '#tokens/token-renewal.js';
import { TrustedTime } from '#tokens/trusted-time.js';
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
import { BrokerHealth } from './broker-health.js';
import { type BrokerOptions, LOG, TRACER } from './broker-options.js';
import { ActiveSettings } from './active-settings.js';
import { ObservationModule } from './observation.module.js';
import { ClientConnections } from './connected-client.js';
import { ManagedKeys } from '#oauth/keys/managed-keys.js';
import type { ManagedKey } from '#oauth/keys/managed-key-set.js';
import { PublishedKeys } from './published-keys.js';
import { ScheduledJobs } from './scheduled-jobs.js';
import { CredentialTrials } from './credential-trials.js';
import { TokenWithdrawal } from './token-withdrawal.js';
import { StoreModule, TokenStorage } from './store.module.js';
import { exposeGauges } from './gauges.js';
import { activeSettings } from './settings-activation.js';

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
          inject: [TokenCache, TokenRenewal, RenewalSchedule, Clock, CooldownStore, TokenEvents, TRACER],
          useFactory: (
            cache: TokenCache,
            renewal: TokenRenewal,
            schedule: RenewalSchedule,
            clock: Clock,
            cooldowns: CooldownStore,
            events: TokenEvents,
            tracer?: Tracer,
          ) =>
            tracedBy(tracer)<TokenSource>(
              new TokenBroker(cache, renewal, schedule, clock, cooldowns, events),
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
          provide: KeyRemoval,
          inject: [
            TokenCache,
            MemoryTokenStore,
            PlannedRenewals,
            TokenRenewal,
            RenewalLock,
            CooldownStore,
            TokenEvents,
            Clock,
          ],
          useFactory: (
            cache: TokenCache,
            memory: MemoryTokenStore,
            schedule: PlannedRenewals,
            renewal: TokenRenewal,
            lock: RenewalLock,
            cooldowns: CooldownStore,
            events: TokenEvents,
            clock: Clock,
          ) =>
            new KeyRemoval({ cache, memory, schedule, renewal, lock, cooldowns }, events, clock, Math.random),
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
            KeyRemoval,
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
            PublishedKeys,
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
        KeyRemoval,
        TokenWithdrawal,
        PublishedKeys,
        ActiveSettings,
      ],
    };
  }
}
