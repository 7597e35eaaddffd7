import { Consumer } from '#consumers/consumer.js';
import { ConsumerDirectory } from '#consumers/consumer-directory.js';
import { Entitlement } from '#consumers/entitlement.js';
import { RequestLimit } from '#consumers/request-limit.js';
import type { Client } from '#tokens/model/client.js';
import { WorkloadVerifier } from '#workloads/workload-verifier.js';
import type { RegisteredClient } from './registered-client.js';
import type { Settings } from '../settings/settings.js';

/** All that settings lead to, made anew from each version of them: nothing that was authenticated outlives a version. */
export interface SettingsInForce {
  readonly settings: Settings;
  readonly clients: readonly Client[];
  readonly directory: ConsumerDirectory;
  readonly workloads: WorkloadVerifier;
  isKnownScope(scope: string): boolean;
  /** Ends connections, after what is in flight. */
  close(): Promise<void>;
}

export function settingsInForce(
  settings: Settings,
  registered: readonly RegisteredClient[],
  workloads: WorkloadVerifier,
): SettingsInForce {
  const clients = registered.map(({ client }) => client);
  const scopes = new Set(
    clients.flatMap(({ options }) => [...options.impliedScopes.closure(options.scopes)]),
  );
  return {
    settings,
    clients,
    directory: consumerDirectory(settings, clients),
    workloads,
    isKnownScope: (scope) => scopes.has(scope),
    close: async () => {
      await Promise.allSettled([workloads.close(), ...registered.map(({ server }) => server.close())]);
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
        new RequestLimit(maxRequestsPerSecond),
      ),
      keyHashes: keys,
      workload,
    })),
  );
}
