import type { ClusterOptions, RedisOptions as ClientOptions } from 'ioredis';
import { logInOf, type RedisOptions, type RedisServerLocation, revealed } from './redis-options.js';

export type ConnectionRole = 'commands' | 'subscriber' | 'lock';

/** Milliseconds to the next attempt to connect: never far off, for a broker without Redis asks upstream more often. */
export const reconnectDelay = (attempts: number): number => Math.min(50 * attempts, 500);

/**
 * Milliseconds after which a connection without an expected reply is closed, at the latest. The deadlines that count are much
 * shorter and reckon with a process that is too busy to read (see `deadline`), which this one does not: it would cut off
 * a Redis that works.
 */
const longestSilence = 10_000;

/**
 * Milliseconds that each address of a host may take: Node.js gives it 250, which a slow network exceeds, and then none is
 * ever reached. Three of them fit into the time for connecting.
 */
export const addressTimeout = 500;

const shared = {
  connectTimeout: 3 * addressTimeout,
  /** Milliseconds of silence before TCP asks whether the peer is still there: NATs forget silent connections. */
  keepAlive: 5_000,
  disconnectTimeout: 200,
  socketTimeout: longestSilence,
  retryStrategy: reconnectDelay,
  /** CLIENT SETINFO is a permission more, and nothing depends on it. */
  disableClientInfo: true,
} satisfies ClientOptions;

/** Milliseconds. */
const reopenAfter = 5_000;

/** A replica after a failover: the connection is led to the new primary. Now and then, as it may remain a replica. */
function reopenAtReplicas(): Pick<ClientOptions, 'reconnectOnError'> {
  let reopenedAt = -Infinity;
  return {
    reconnectOnError(error) {
      const now = performance.now();
      if (!error.message.startsWith('READONLY') || now - reopenedAt < reopenAfter) return false;
      reopenedAt = now;
      return true;
    },
  };
}

const strict = {
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
} satisfies ClientOptions;

/**
 * No command waits for a connection, and none is sent a second time. The subscriber alone waits, since to subscribe late
 * is right.
 */
const byRole: Record<ConnectionRole, ClientOptions> = {
  // Without auto-pipelining: renewals start one by one, and a pipeline for each of their commands costs half a renewal's
  // memory, and outlives it.
  commands: { ...shared, ...strict },
  lock: { ...shared, ...strict },
  subscriber: {
    ...shared,
    enableOfflineQueue: true,
    maxRetriesPerRequest: null,
  },
};

/** For one server at a known place. */
export function locationOptions(
  { host, port, username, password, database, tls }: RedisServerLocation,
  role: ConnectionRole,
  tlsParts: Pick<RedisOptions, 'ca' | 'certificate'>,
): ClientOptions {
  return {
    ...byRole[role],
    ...reopenAtReplicas(),
    host,
    port,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    db: database,
    ...(tls && { tls: tlsOptions(tlsParts) }),
  };
}

/** For the primary that Sentinels know of. */
export function sentinelOptions(
  options: RedisOptions,
  sentinel: NonNullable<RedisOptions['sentinel']>,
  role: ConnectionRole,
): ClientOptions {
  const { name, nodes, username, password } = sentinel;
  const tls = tlsOptions(options);
  return {
    ...byRole[role],
    ...reopenAtReplicas(),
    ...logInOf(options),
    name,
    sentinels: [...nodes],
    db: options.database ?? 0,
    ...(username !== undefined && { sentinelUsername: username }),
    ...(password !== undefined && { sentinelPassword: revealed(password) }),
    sentinelCommandTimeout: 500,
    sentinelRetryStrategy: reconnectDelay,
    sentinelReconnectStrategy: reconnectDelay,
    failoverDetector: true,
    ...(options.tls && { tls, sentinelTLS: tls, enableTLSForSentinelMode: true }),
  };
}

/** The retries within a Cluster (a slot that moved, a node that is away) fit into the deadline of a command. */
export function clusterOptions(options: RedisOptions, role: ConnectionRole): ClusterOptions {
  const { enableOfflineQueue = true } = byRole[role];
  return {
    enableOfflineQueue,
    clusterRetryStrategy: reconnectDelay,
    clusterNodeRetryStrategy: reconnectDelay,
    maxRedirections: 5,
    retryDelayOnFailover: 50,
    retryDelayOnClusterDown: 50,
    retryDelayOnTryAgain: 50,
    slotsRefreshTimeout: 500,
    redisOptions: clusterNodeOptions(options, role),
  };
}

/** For a single node of a Cluster. */
export function clusterNodeOptions(options: RedisOptions, role: ConnectionRole): ClientOptions {
  const { enableOfflineQueue: _ofTheCluster, retryStrategy: _own, ...perNode } = byRole[role];
  return {
    ...perNode,
    ...reopenAtReplicas(),
    ...logInOf(options),
    ...(options.tls && { tls: tlsOptions(options) }),
  };
}

export function tlsOptions({
  ca,
  certificate,
}: Pick<RedisOptions, 'ca' | 'certificate'>): NonNullable<ClientOptions['tls']> {
  return {
    ...(ca !== undefined && { ca }),
    ...(certificate && { cert: certificate.certificate, key: revealed(certificate.key) }),
  };
}
