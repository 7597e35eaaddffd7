import type { AtEnd } from './at-end.js';
import { randomBytes } from 'node:crypto';
import { onTestFinished } from 'vitest';
import {
  DevAuthorizationServer,
  type DevAuthorizationServerOptions,
} from '../../apps/dev-authorization-server/src/dev-authorization-server.js';
import { BrokerProcess, someKey } from './broker-process.js';
import { clientSecret } from './partner.js';
import { RedisServer } from './redis-server.js';

export const manyScopes = ['a', 'b', 'c', 'd', 'e', 'f'];

/** Distinct sets of those scopes: at most 63. */
export function scopeSets(count: number): string[] {
  return Array.from({ length: count }, (_, n) =>
    manyScopes.filter((_scope, bit) => ((n + 1) >> bit) & 1).join(' '),
  );
}

/** Tokens that are renewed after some 2.4 s, and waited for when 7.5 s of their 12 s have gone. */
export const shortLived = {
  server: { lifetime: 12 },
  client: { renewal: { at: 0.2, jitter: 0.02 } },
} satisfies ReplicasOptions;

export interface ReplicasOptions {
  count?: number;
  /** Fields of the client in the settings. */
  client?: object;
  /** Fields of `store.redis` beside the encryption keys; by default the `url` of a Redis of their own. */
  redis?: object;
  server?: Partial<DevAuthorizationServerOptions>;
  /** Further settings. */
  settings?: object;
}

export interface Replicas {
  server: DevAuthorizationServer;
  brokers: BrokerProcess[];
  /** The Redis of their own; undefined when the options name another. */
  redis: RedisServer;
  /** The API key of a consumer that may have all scopes. */
  key: string;
  settings: object;
  /** One more replica with the same settings. `main`: of another build than this one's. */
  another(environment?: NodeJS.ProcessEnv, main?: string): Promise<BrokerProcess>;
}

/** Some broker processes on one Redis, and an authorization server with one client, until the test ends. */
export async function runningReplicas(
  options: ReplicasOptions = {},
  atEnd: AtEnd = onTestFinished,
): Promise<Replicas> {
  const registration = {
    clientId: 'many',
    scopes: manyScopes,
    authentication: { method: 'client_secret_post' },
    secrets: [clientSecret],
  } as const;
  const server = await DevAuthorizationServer.start({ clients: [registration], ...options.server });
  atEnd(() => server.stop());
  const redis = options.redis === undefined ? await RedisServer.start() : undefined;
  if (redis !== undefined) atEnd(() => redis.stop());
  const { key, hash } = someKey();
  const settings = {
    store: {
      redis: {
        ...(options.redis ?? { url: redis?.url }),
        encryptionKeys: [{ id: 'one', key: randomBytes(32).toString('base64') }],
      },
    },
    clients: {
      many: {
        tokenEndpoint: server.tokenEndpoint,
        clientId: 'many',
        clientSecret,
        clientAuthentication: 'client_secret_post',
        scopes: manyScopes,
        maxTokenRequestsPerMinute: 100_000,
        ...options.client,
      },
    },
    consumers: { 'order-service': { keys: [hash], allow: [{ client: 'many', scopes: manyScopes }] } },
    ...options.settings,
  };
  const another = (environment: NodeJS.ProcessEnv = {}, main?: string) =>
    BrokerProcess.start(settings, { environment, atEnd, ...(main && { main }) });
  const brokers = await Promise.all(Array.from({ length: options.count ?? 3 }, () => another()));
  return { server, brokers, redis: redis as RedisServer, key, settings, another };
}
