import type { BlockList } from 'node:net';
import type { ConsumerActivities } from '#consumers/consumer-activity.js';
import { ConsumerDirectory } from '#consumers/consumer-directory.js';
import { RateLimit } from '#consumers/rate-limit.js';
import type { HttpAuthorizationServerOptions, TokenRequestEvent } from '#oauth/http-authorization-server.js';
import type { Client } from '#tokens/model/client.js';
import type { Clock } from '#tokens/model/clock.js';
import { WorkloadVerifier } from '#workloads/workload-verifier.js';
import type { Settings } from '../settings/settings.js';
import { inSlices, type Steps } from '../settings/slices.js';
import { consumerOf } from './entitled-consumer.js';
import { connectClient, type ConnectedClient, type ConnectionContext } from './connected-client.js';
import { connectedClients } from './connected-clients.js';
import { addressList } from './addresses.js';
import { KnownConsumers } from './known-consumers.js';

/** Everything made from one version of the settings. What was authenticated or authorized under it ends with it. */
export interface SettingsSnapshot {
  readonly settings: Settings;
  readonly clients: readonly ConnectedClient[];
  /** Clients with a changed credential that has to be tried first: `clients` has them with the former one. */
  readonly onTrial: readonly ConnectedClient[];
  readonly consumers: KnownConsumers;
  readonly trustedProxies: BlockList;
  /** Whether a client has this scope, or one that includes it. */
  isKnownScope(scope: string): boolean;
  readonly workloads: WorkloadVerifier;
  /**
   * Closes connections after the requests in flight.
   * @param next what has replaced it, whose connections stay
   */
  close(next?: SettingsSnapshot): Promise<void>;
}

export interface SnapshotContext {
  clock: Clock;
  activities: ConsumerActivities;
  /** What it replaces: what has not changed is taken over. */
  before: SettingsSnapshot | undefined;
  /** The clients in force until now. */
  former: readonly ConnectedClient[];
  /** Whether the credential of a changed client has to be tried first. */
  needsTrial(former: Client, changed: Client): Promise<boolean>;
  onTokenRequest(event: TokenRequestEvent): void;
  clockSkew?: HttpAuthorizationServerOptions['clockSkew'];
  managedKeys?: HttpAuthorizationServerOptions['managedKeys'];
  derivedDigests?: ConnectionContext['derivedDigests'];
  /** @param issuer its name in the settings */
  onKeysNotFetched(issuer: string, cause: unknown): void;
}

export async function settingsSnapshot(
  settings: Settings,
  { clock, activities, before, former, needsTrial, onKeysNotFetched, ...context }: SnapshotContext,
): Promise<SettingsSnapshot> {
  const { clients, onTrial } = await connectedClients(settings, {
    made: [...(before?.clients ?? []), ...(before?.onTrial ?? [])],
    former,
    needsTrial,
    connect: (one) => connectClient(one, clock, context),
  });
  // Its keys stay known, too.
  const isSameIssuers = before?.settings.issuersVersion === settings.issuersVersion;
  const workloads =
    (isSameIssuers ? before?.workloads : undefined) ??
    new WorkloadVerifier(Object.values(settings.workloadIssuers), clock, {
      onRefreshFailure: onKeysNotFetched,
    });
  const scopes = new Set(
    clients.flatMap(({ options }) => [...options.impliedScopes.closure(options.scopes)]),
  );
  const directory = await inSlices(consumerDirectory(settings, clients, activities));
  return {
    settings,
    clients,
    onTrial,
    workloads,
    trustedProxies: addressList(settings.trustedProxies),
    consumers: new KnownConsumers(directory, workloads, clock, settings.listen.tls?.clientCa),
    isKnownScope: (scope) => scopes.has(scope),
    close: async (next) => {
      const kept = new Set([...(next?.clients ?? []), ...(next?.onTrial ?? [])]);
      const own = [...clients, ...onTrial].filter((client) => !kept.has(client));
      await Promise.allSettled([
        ...(next?.workloads === workloads ? [] : [workloads.close()]),
        ...own.map(({ server }) => server.close()),
      ]);
    },
  };
}

function* consumerDirectory(
  { consumers }: Settings,
  clients: readonly Client[],
  activities: ConsumerActivities,
): Steps<ConsumerDirectory> {
  const byName = new Map(clients.map((client) => [client.name, client]));
  const directory = new ConsumerDirectory();
  for (const settings of Object.values(consumers)) {
    yield;
    const { name, keys, workload, certificates, maxRequestsPerSecond } = settings;
    const consumer = consumerOf(settings, byName, new RateLimit(maxRequestsPerSecond), activities.of(name));
    directory.add({ consumer, keys, workload, certificates });
  }
  return directory;
}
