import type { ClusterOptions, RedisOptions as ClientOptions } from 'ioredis';
import type { RedisOptions } from './redis-options.js';
import { type RedisServerLocation, revealed } from './redis-url.js';

export type ConnectionRole = 'commands' | 'subscriber' | 'lock';

/** Milliseconds to the next attempt to connect: never far off, for a broker without Redis asks upstream more often. */
const reconnectDelay = (attempts: number): number => Math.min(50 * attempts, 500);

/**
 * Backstops, in milliseconds. The deadlines that count are shorter, and read what has arrived before they strike (see
 * `inTime`), which these do not: in a process that is too busy to read, they would cut off a Redis that works.
 */
const backstop = { command: 5_000, silence: 2_000 };

const shared = {
  connectTimeout: 1_000,
  retryStrategy: reconnectDelay,
  /** A replica after a failover: the connection is led to the new primary. */
  reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
} satisfies ClientOptions;

const strict = {
  commandTimeout: backstop.command,
  socketTimeout: backstop.silence,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
} satisfies ClientOptions;

/**
 * No command outlives its deadline: none waits for a connection, none is sent a second time. The subscriber alone waits,
 * since to subscribe late is right. A connection that owes a reply for too long is given up: a router may have forgotten it.
 */
const byRole: Record<ConnectionRole, ClientOptions> = {
  commands: {
    ...shared,
    ...strict,
    enableAutoPipelining: true,
  },
  lock: { ...shared, ...strict },
  subscriber: {
    ...shared,
    enableOfflineQueue: true,
    maxRetriesPerRequest: null,
    socketTimeout: backstop.silence,
  },
};

/** For one server at a known place. `ca` is PEM. */
export function locationOptions(
  { host, port, username, password, database, tls }: RedisServerLocation,
  role: ConnectionRole,
  ca: string | undefined,
): ClientOptions {
  return {
    ...byRole[role],
    host,
    port,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    db: database,
    ...(tls && { tls: authority(ca) }),
  };
}

/** For the primary that Sentinels know of. */
export function sentinelOptions(
  options: RedisOptions,
  sentinel: NonNullable<RedisOptions['sentinel']>,
  role: ConnectionRole,
): ClientOptions {
  const { name, nodes, username, password } = sentinel;
  const tls = authority(options.ca);
  return {
    ...byRole[role],
    ...logIn(options),
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
  const { enableAutoPipelining = false, enableOfflineQueue = true, ...perNode } = byRole[role];
  const { retryStrategy: _retryStrategy, ...redisOptions } = perNode;
  return {
    enableAutoPipelining,
    enableOfflineQueue,
    clusterRetryStrategy: reconnectDelay,
    clusterNodeRetryStrategy: reconnectDelay,
    maxRedirections: 5,
    retryDelayOnFailover: 50,
    retryDelayOnClusterDown: 50,
    retryDelayOnTryAgain: 50,
    slotsRefreshTimeout: 500,
    redisOptions: { ...redisOptions, ...logIn(options), ...(options.tls && { tls: authority(options.ca) }) },
  };
}

function logIn({ username, password }: RedisOptions): ClientOptions {
  return {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password: revealed(password) }),
  };
}

function authority(ca: string | undefined): NonNullable<ClientOptions['tls']> {
  return ca === undefined ? {} : { ca };
}
