import { type DynamicModule, Module } from '@nestjs/common';
import { ClientDirectory } from '#tokens/client-directory.js';
import { GuardedAuthorizationServer } from '#tokens/upstream.js';
import { Clock } from '#tokens/model/clock.js';
import type { NearCache, TokenStore } from '#tokens/ports/token-store.js';
import { AuthorizationServer } from '#tokens/ports/authorization-server.js';
import { CooldownStore } from '#tokens/ports/cooldown-store.js';
import { RenewalSchedule } from '#tokens/ports/renewal-schedule.js';
import { RenewalLock } from '#tokens/ports/renewal-lock.js';
import { TokenEvents } from '#tokens/ports/token-events.js';
import { TokenRequestBudget } from '#tokens/ports/token-request-budget.js';
import { KeyRemoval } from '#tokens/key-removal.js';
import { RenewalSweep } from '#tokens/renewal-sweep.js';
import { TokenBroker, TokenSource } from '#tokens/token-broker.js';
import { TokenCache } from '#tokens/token-cache.js';
import type { TokenFetchParts } from '#tokens/token-fetch.js';
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
import { type BrokerOptions, LOG, TRACER } from './broker-options.js';
import { ObservationModule } from './observation.module.js';
import { ClientConnections } from './connected-client.js';
import { ManagedKeys } from '#oauth/keys/managed-keys.js';
import { PublishedKeys } from './published-keys.js';
import { ScheduledJobs } from './scheduled-jobs.js';
import { CredentialTrials } from './credential-trials.js';
import { TokenWithdrawal } from './token-withdrawal.js';
import { StoreModule, TokenStorage } from './store.module.js';
import { activeSettings } from './settings-activation.js';
import { factory } from './factory.js';
import { gauges } from './gauges.js';

/** The wiring, read from top to bottom: each part is made of those above it. */
const parts = [
  factory(RenewalLock, [TokenStorage, TRACER], ({ lock }, tracer) =>
    tracedBy(tracer)(lock, TracedRenewalLock),
  ),
  factory(AuthorizationServer, [TRACER], (tracer) =>
    tracedBy(tracer)<AuthorizationServer>(new ClientConnections(), TracedAuthorizationServer),
  ),
  factory(
    TokenCache,
    [TokenStorage, Clock, TokenEvents, TRACER],
    ({ memory, shared, updates }, clock, events, tracer) => {
      const near = tracedBy(tracer)<NearCache>(memory, TracedNearCache);
      const far = shared && tracedBy(tracer)<TokenStore>(shared, TracedTokenStore);
      return new TokenCache(near, far, clock, events, updates);
    },
  ),
  factory(
    GuardedAuthorizationServer,
    [AuthorizationServer, CooldownStore, TokenRequestBudget, TokenEvents, TrustedTime],
    (authorizationServer, cooldowns, budget, events, time) =>
      new GuardedAuthorizationServer(
        { authorizationServer, cooldowns, budget },
        events,
        Math.random,
        () => time.isDisputed,
      ),
  ),
  factory(
    TokenRenewal,
    [TokenStorage, TokenCache, RenewalLock, RenewalSchedule, GuardedAuthorizationServer, TokenEvents, Clock],
    (storage, cache, lock, schedule, upstream, events, clock) => {
      const withdrawals: TokenFetchParts['withdrawals'] = {
        wasWithdrawn: (client, since) => storage.memory.wasWithdrawn(client, since),
        onTaken: (taken) => storage.onTaken([taken]),
      };
      return new TokenRenewal({ cache, lock, schedule, upstream, withdrawals }, events, clock, Math.random);
    },
  ),
  factory(
    TokenSource,
    [TokenCache, TokenRenewal, RenewalSchedule, Clock, CooldownStore, TokenEvents, TRACER],
    (cache, renewal, schedule, clock, cooldowns, events, tracer) =>
      tracedBy(tracer)<TokenSource>(
        new TokenBroker(cache, renewal, schedule, clock, cooldowns, events),
        TracedTokenSource,
      ),
  ),
  factory(
    RenewalSweep,
    [RenewalSchedule, TokenSource, ClientDirectory, TokenEvents, Clock],
    (schedule, broker, clients, events, clock) =>
      new RenewalSweep({ schedule, broker, clients }, events, clock),
  ),
  factory(
    KeyRemoval,
    [TokenStorage, TokenCache, TokenRenewal, RenewalLock, CooldownStore, TokenEvents, Clock],
    ({ memory, schedule }, cache, renewal, lock, cooldowns, events, clock) =>
      new KeyRemoval({ cache, memory, schedule, renewal, lock, cooldowns }, events, clock, Math.random),
  ),
  factory(
    CredentialTrials,
    [TokenSource, TokenCache, TokenStorage, Clock],
    (broker, cache, { memory, schedule }, clock) =>
      new CredentialTrials({ broker, cache, memory, schedule }, clock),
  ),
  factory(
    TokenWithdrawal,
    [TokenStorage, RenewalSchedule, Clock, LOG],
    (storage, schedule, clock, log) => new TokenWithdrawal(storage, schedule, clock, log),
  ),
  factory(PublishedKeys, [TokenStorage, Clock, LOG], ({ signingKeys }, clock, log) => {
    const keys =
      signingKeys &&
      new ManagedKeys(signingKeys, clock, (client, { keyId, activeFrom }) =>
        log.info({ client, keyId, activeFrom: new Date(activeFrom) }, 'signing key announced'),
      );
    return new PublishedKeys(keys);
  }),
  activeSettings,
  gauges,
  ScheduledJobs,
];

@Module({})
export class CoreModule {
  static forRoot(options: BrokerOptions): DynamicModule {
    return {
      module: CoreModule,
      global: true,
      imports: [ObservationModule.forRoot(options), StoreModule],
      providers: parts,
      exports: [StoreModule, ...parts],
    };
  }
}
