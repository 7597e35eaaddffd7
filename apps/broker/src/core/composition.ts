import type { DestinationStream, Logger } from 'pino';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { exposeCachedTokens } from '#metrics/cached-token-metrics.js';
import { exposeClients } from '#metrics/client-metrics.js';
import { exposeLateness } from '#metrics/renewal-lateness.js';
import { RequestMetrics } from '#metrics/request-metrics.js';
import { SettingsMetrics } from '#metrics/settings-metrics.js';
import { TokenMetrics } from '#metrics/token-metrics.js';
import type { AuthorizationServer } from '#tokens/ports/authorization-server.js';
import { ClientDirectory } from '#tokens/client-directory.js';
import { SystemClock } from '#tokens/model/clock.js';
import { GuardedAuthorizationServer } from '#tokens/guarded-authorization-server.js';
import { OverdueRenewals } from '#tokens/overdue-renewals.js';
import type { RenewalLock } from '#tokens/ports/renewal-lock.js';
import { RenewalSweep } from '#tokens/renewal-sweep.js';
import { TokenBroker, type TokenSource } from '#tokens/token-broker.js';
import { TokenCache } from '#tokens/token-cache.js';
import type { NearCache, TokenStore } from '#tokens/ports/token-store.js';
import type { TokenEvent, TokenEvents } from '#tokens/ports/token-events.js';
import { TokenRenewal } from '#tokens/token-renewal.js';
import {
  TracedAuthorizationServer,
  TracedNearCache,
  TracedRenewalLock,
  TracedTokenSource,
  TracedTokenStore,
} from '#traces/traced-ports.js';
import { loadedTracer, tracedBy } from '#traces/tracer.js';
import { Audit } from '../consumer-api/audit.js';
import { memoryKeeping } from './keeping.js';
import { ActiveSettings } from './active-settings.js';
import { ClientConnections } from './connected-client.js';
import { clientGauges } from '../management/client-gauges.js';
import { ClientStates } from '../management/client-states.js';
import { LastFailures } from '../management/last-failures.js';
import { OperatorRenewal } from '../management/operator-renewal.js';
import { Overview } from '../management/overview.js';
import { replicaName } from '../management/replica-name.js';
import { StoreWatch } from '../management/store-watch.js';
import { TokenListing } from '../management/token-listing.js';
import { TokenRows } from '../management/token-rows.js';
import { redisKeeping } from './redis-keeping.js';
import type { LoadedSettings } from '../settings/load-settings.js';
import type { SettingsFile } from '../settings/settings-file.js';
import type { Settings } from '../settings/settings.js';
import { type SettingsSnapshot, settingsSnapshot } from './settings-snapshot.js';
import { TokenEventLog } from './token-event-log.js';

export interface BrokerOptions {
  file: SettingsFile;
  /** What the file held at the start. */
  loaded: LoadedSettings;
  log: Logger;
  /** Where the lines of the log go. */
  output: DestinationStream;
  /** Semantic version of this build. */
  version: string;
}

export type BrokerParts = ReturnType<typeof composeBroker>;

/** The wiring, read from top to bottom: each part is made of those above it. */
export function composeBroker({ file, loaded, log, output, version }: BrokerOptions) {
  const clock = new SystemClock();
  const clients = new ClientDirectory();
  const replica = replicaName(process.env['HOSTNAME']);

  const registry = new Registry();
  const requestMetrics = new RequestMetrics(registry);
  const tokenMetrics = new TokenMetrics(registry);
  const settingsMetrics = new SettingsMetrics(registry, { version, node: process.version });
  const clientStates = new ClientStates(clock);
  const lastFailures = new LastFailures(clock);
  const overdue = new OverdueRenewals(clock);
  const storeWatch = new StoreWatch(clock);
  const watching = [clientStates, lastFailures, overdue, storeWatch];
  const events = toAll([tokenMetrics, ...watching, new TokenEventLog(log)]);

  const { store } = loaded.settings;
  const keeping =
    store === undefined
      ? memoryKeeping(clock)
      : redisKeeping(store.redis, { clock, clients, events, replica });
  const { memory, schedule, cooldowns, budget } = keeping;
  const tracer = loadedTracer();
  const traced = tracedBy(tracer);
  const near = traced<NearCache>(memory, TracedNearCache);
  const shared = keeping.shared && traced<TokenStore>(keeping.shared, TracedTokenStore);
  const lock = traced<RenewalLock>(keeping.lock, TracedRenewalLock);
  const authorizationServer = traced<AuthorizationServer>(new ClientConnections(), TracedAuthorizationServer);
  const cache = new TokenCache(near, shared, clock, events, keeping.isNearCoherent);
  const upstream = new GuardedAuthorizationServer(
    { authorizationServer, cooldowns, budget },
    events,
    Math.random,
  );
  const renewal = new TokenRenewal({ cache, lock, schedule, upstream }, events, clock, Math.random);
  const broker = traced<TokenSource>(new TokenBroker(cache, renewal, schedule, clock), TracedTokenSource);
  const sweep = new RenewalSweep({ schedule, broker, clients }, events, clock);
  collectDefaultMetrics({ register: registry });
  exposeCachedTokens(registry, () => memory.snapshot(), clock);
  exposeClients(registry, () => clientGauges(clientStates, budget));
  exposeLateness(registry, () => overdue.maxLateness(schedule));

  const make = (next: Settings): Promise<SettingsSnapshot> =>
    settingsSnapshot(next, {
      clock,
      onTokenRequest(event) {
        tokenMetrics.sent(event);
        if (event.skew !== undefined) clientStates.skewed(event.client, event.skew);
      },
      onKeysNotFetched(issuer, err) {
        settingsMetrics.workloadKeysFailed(issuer);
        log.warn({ issuer, err }, 'keys of the workload issuer not fetched; those known stay in use');
      },
    });

  function onChange(next: SettingsSnapshot, before: SettingsSnapshot | undefined): void {
    keeping.takeOver(next.settings);
    clients.replace(next.clients);
    clientStates.replaceClients(next.clients);
    overdue.retain((request) => clients.current(request) !== undefined);
    memory.retain((request) => clients.current(request) !== undefined);
    void cooldowns.forgetRequests();
    void schedule.keep(clients.preload());
    if (before !== undefined && hasOtherIdentity(before, next)) void keeping.purge();
  }

  const settings = new ActiveSettings({ file, loaded, make, onChange }, settingsMetrics, log, clock);
  const audit = new Audit({
    output,
    log,
    metrics: requestMetrics,
    clock,
    isKnownScope: (scope) => settings.active.isKnownScope(scope),
  });
  const overview = new Overview({ clock, replica, keeping, settings, upstream, clientStates, storeWatch });
  return {
    version,
    log,
    clock,
    registry,
    settings,
    audit,
    tracer,
    keeping,
    broker,
    renewal,
    sweep,
    clientStates,
    overview,
    tokenListing: new TokenListing({ memory, shared, schedule, clients }),
    tokenRows: new TokenRows({
      clock,
      replica,
      failures: lastFailures,
      isHeld: (request) => renewal.isRenewing(request),
    }),
    operatorRenewal: new OperatorRenewal(clients, cache, broker, log),
  };
}

/** Whether a client has another credential now, or is registered elsewhere: then its tokens are of no use any more. */
function hasOtherIdentity(before: SettingsSnapshot, next: SettingsSnapshot): boolean {
  const identities = new Map(before.clients.map(({ name, identity }) => [name, identity]));
  return next.clients.some(({ name, identity }) => identities.get(name) !== identity);
}

function toAll(listeners: readonly TokenEvents[]): TokenEvents {
  return {
    emit(event: TokenEvent) {
      for (const listener of listeners) listener.emit(event);
    },
  };
}
