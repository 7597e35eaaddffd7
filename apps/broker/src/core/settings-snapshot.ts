import type { BlockList } from 'node:net';
import { Consumer } from '#consumers/consumer.js';
import { ConsumerDirectory } from '#consumers/consumer-directory.js';
import { Entitlement } from '#consumers/entitlement.js';
import { RateLimit } from '#consumers/rate-limit.js';
import type { TokenRequestEvent } from '#oauth/http-authorization-server.js';
import type { Client } from '#tokens/model/client.js';
import type { Clock } from '#tokens/model/clock.js';
import { WorkloadVerifier } from '#workloads/workload-verifier.js';
import type { Settings } from '../settings/settings.js';
import { connectClient, type ConnectedClient } from './connected-client.js';
import { addressList } from './failed-logins.js';
import { KnownConsumers } from './known-consumers.js';

/** Everything made from one version of the settings. What was authenticated or authorized under it ends with it. */
export interface SettingsSnapshot {
  readonly settings: Settings;
  readonly clients: readonly ConnectedClient[];
  readonly consumers: KnownConsumers;
  readonly trustedProxies: BlockList;
  /** Whether a client has this scope, or one that includes it. */
  isKnownScope(scope: string): boolean;
  /** Closes connections after the requests in flight. */
  close(): Promise<void>;
}

export interface SnapshotContext {
  clock: Clock;
  onTokenRequest(event: TokenRequestEvent): void;
  /** @param issuer its name in the settings */
  onKeysNotFetched(issuer: string, cause: unknown): void;
}

export async function settingsSnapshot(
  settings: Settings,
  { clock, onTokenRequest, onKeysNotFetched }: SnapshotContext,
): Promise<SettingsSnapshot> {
  const clients = await Promise.all(
    Object.values(settings.clients).map((client) => connectClient(client, clock, onTokenRequest)),
  );
  const workloads = new WorkloadVerifier(Object.values(settings.workloadIssuers), clock, {
    onRefreshFailure: onKeysNotFetched,
  });
  const scopes = new Set(
    clients.flatMap(({ options }) => [...options.impliedScopes.closure(options.scopes)]),
  );
  return {
    settings,
    clients,
    trustedProxies: addressList(settings.trustedProxies),
    consumers: new KnownConsumers(consumerDirectory(settings, clients), workloads, clock),
    isKnownScope: (scope) => scopes.has(scope),
    close: async () => {
      await Promise.allSettled([workloads.close(), ...clients.map(({ server }) => server.close())]);
    },
  };
}

function consumerDirectory({ consumers }: Settings, clients: readonly Client[]): ConsumerDirectory {
  const byName = new Map(clients.map((client) => [client.name, client]));
  return new ConsumerDirectory(
    Object.values(consumers).map(({ name, keys, workload, allow, maxRequestsPerSecond }) => ({
      consumer: new Consumer(
        name,
        allow.map(({ client, scopes }) => new Entitlement(byName.get(client) as Client, scopes)),
        new RateLimit(maxRequestsPerSecond),
      ),
      keyHashes: keys,
      workload,
    })),
  );
}
