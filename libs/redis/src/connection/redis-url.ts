import { Secret } from '#tokens/model/secret.js';

/** One server, and how to log in there. */
export interface RedisServerLocation {
  host: string;
  port: number;
  username?: string;
  password?: string;
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
