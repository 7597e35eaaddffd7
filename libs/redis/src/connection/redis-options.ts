import { Secret } from '#tokens/model/secret.js';

export interface RedisAddress {
  host: string;
  port: number;
}

/** Where Redis is: exactly one of `url`, `sentinel` and `cluster` is given. */
export interface RedisOptions {
  /** `redis://user:password@host:6379/0`, or `rediss://` for TLS: see `parseRedisUrl`. It may hold a password. */
  url?: string | Secret;
  sentinel?: {
    /** The name under which the Sentinels watch the primary. */
    name: string;
    nodes: readonly RedisAddress[];
    /** For the Sentinels themselves: they have log-ins of their own. */
    username?: string;
    password?: string | Secret;
  };
  /** Some nodes of a Redis Cluster: the others are learnt from them. */
  cluster?: readonly RedisAddress[];
  /** URLs of independent nodes that vote on the lock. An odd number: an even one can be split into equal halves. */
  lockNodes?: readonly (string | Secret)[];
  keyPrefix: string;
  /** The ACL user, where the `url` does not have one. */
  username?: string;
  password?: string | Secret;
  /** The number of the database behind `sentinel`. */
  database?: number;
  /** Whether the servers (and Sentinels) of `sentinel` or `cluster` speak TLS; for a `url` its scheme says. */
  tls?: boolean;
  /** PEM of the authority that signed the servers' certificates, `url` and `lockNodes` included. */
  ca?: string;
  /** By which this process proves itself in the TLS handshake, PEM. */
  certificate?: { certificate: string; key: string | Secret };
}

/** Who logs in. */
export interface RedisLogIn {
  username?: string;
  password?: string;
}

/** One server, and how to log in there. */
export interface RedisServerLocation extends RedisLogIn {
  host: string;
  port: number;
  database: number;
  tls: boolean;
}

/**
 * `redis://[user][:password]@host[:port][/database]`, or `rediss://` for TLS. User and password are percent-encoded.
 * @throws TypeError that does not repeat the URL, for it may hold a password
 */
export function parseRedisUrl(url: string | Secret): RedisServerLocation {
  const parsed = URL.parse(revealed(url));
  const database = /^\/?(\d{0,5})$/.exec(parsed?.pathname ?? '')?.[1];
  const isRedis = parsed !== null && /^rediss?:$/.test(parsed.protocol) && parsed.hostname !== '';
  if (!isRedis || database === undefined || parsed.search !== '' || parsed.hash !== '') {
    throw new TypeError('must be redis://user:password@host:port/database, or rediss:// for TLS');
  }
  return {
    host: parsed.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(parsed.port || 6379),
    ...(parsed.username && { username: decoded(parsed.username) }),
    ...(parsed.password && { password: decoded(parsed.password) }),
    database: Number(database),
    tls: parsed.protocol === 'rediss:',
  };
}

/** The server of `url`, with the log-in beside it where the URL has none. */
export function serverOf(options: RedisOptions): RedisServerLocation {
  const location = parseRedisUrl(options.url ?? '');
  return location.password === undefined ? { ...location, ...logInOf(options) } : location;
}

export function logInOf({ username, password }: RedisOptions): RedisLogIn {
  return {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password: revealed(password) }),
  };
}

export function revealed(value: string | Secret): string {
  return typeof value === 'string' ? value : value.reveal();
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new TypeError('user and password must be percent-encoded');
  }
}
