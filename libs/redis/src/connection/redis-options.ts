import type { Secret } from '#tokens/model/secret.js';

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
  /** The ACL user for the servers behind `sentinel` or `cluster`; a `url` has its own. */
  username?: string;
  password?: string | Secret;
  /** The number of the database behind `sentinel`. */
  database?: number;
  /** Whether the servers (and Sentinels) of `sentinel` or `cluster` speak TLS; for a `url` its scheme tells. */
  tls?: boolean;
  /** PEM of the authority that signed the servers' certificates, `url` and `lockNodes` included. */
  ca?: string;
}
