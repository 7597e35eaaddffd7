import { Cluster, type Redis, type RedisOptions as ClientOptions } from 'ioredis';
import { type ConnectionRole, tlsOptions } from './client-options.js';
import { reasonOf } from './redis-failure.js';
import {
  logInOf,
  parseRedisUrl,
  type RedisLogIn,
  type RedisOptions,
  revealed,
  serverOf,
} from './redis-options.js';

/** Milliseconds after which a log-in is tried again: a new password may reach the file before it reaches the server. */
const retryDelay = 1_000;

type Clients = Readonly<Record<ConnectionRole, readonly (Redis | Cluster)[]>>;
type OnError = (role: ConnectionRole, reason: string) => void;

/**
 * Passwords that change while connections stand, such as the tokens of a cloud's identity service: each connection sends
 * AUTH once, before the former password expires. A command that is under way is not disturbed.
 */
export class RedisLogIns {
  #retry: NodeJS.Timeout | undefined;
  /** Those whose last AUTH has failed. */
  readonly #refused = new WeakSet<Redis>();

  constructor(
    private readonly clients: Clients,
    private readonly onError: OnError,
  ) {}

  replace(options: RedisOptions): void {
    clearTimeout(this.#retry);
    const common = options.url === undefined ? logInOf(options) : serverOf(options);
    this.#each('commands', () => common, options);
    this.#each('subscriber', () => common, options);
    this.#each('lock', (n) => (options.lockNodes ? parseRedisUrl(options.lockNodes[n]!) : common), options);
  }

  stop(): void {
    clearTimeout(this.#retry);
  }

  #each(role: ConnectionRole, logInFor: (n: number) => RedisLogIn, options: RedisOptions): void {
    for (const [n, client] of this.clients[role].entries()) {
      for (const one of connectionsOf(client, logInFor(n), options)) {
        const isOther = prepare(one.options, logInFor(n), options);
        prepareSentinels(one, options);
        const isOpen = this.#refused.delete(one) || isOther;
        // One that does not stand connects with what is prepared.
        if (isOpen && one.status === 'ready') void this.#authenticate(role, one, logInFor(n), options);
      }
    }
  }

  async #authenticate(
    role: ConnectionRole,
    client: Redis,
    { username, password = '' }: RedisLogIn,
    options: RedisOptions,
  ): Promise<void> {
    try {
      await (username === undefined ? client.auth(password) : client.auth(username, password));
    } catch (error) {
      this.onError(role, reasonOf(error));
      this.#refused.add(client);
      clearTimeout(this.#retry);
      this.#retry = setTimeout(() => this.replace(options), retryDelay).unref();
    }
  }
}

/** The connections that stand; a Cluster makes further ones from its own options. */
function connectionsOf(client: Redis | Cluster, logIn: RedisLogIn, options: RedisOptions): readonly Redis[] {
  if (!(client instanceof Cluster)) return [client];
  // ioredis keeps a copy of the options for nodes that it learns of later, and has no other way to change it.
  const { connectionPool } = client as unknown as { connectionPool: { redisOptions: ClientOptions } };
  for (const one of [client.options.redisOptions ?? {}, connectionPool.redisOptions])
    prepare(one, logIn, options);
  return client.nodes('all');
}

/** Those that name the primary when it connects, and those that stand to report a failover: they keep what they have. */
function prepareSentinels(client: Redis, { sentinel, ...options }: RedisOptions): void {
  if (sentinel?.password === undefined) return;
  const [username, password] = [sentinel.username, revealed(sentinel.password)];
  Object.assign(client.options, { sentinelUsername: username, sentinelPassword: password });
  // ioredis gives them a copy of the options, and has no other way to change it.
  const { connector } = client as unknown as {
    connector: { failoverDetector?: { sentinels: { client: Redis }[] } | null };
  };
  for (const { client: standing } of connector.failoverDetector?.sentinels ?? [])
    prepare(standing.options, { ...(username !== undefined && { username }), password }, options);
}

/** For the next time that it connects. @returns whether the log-in differs from the one before */
function prepare(own: ClientOptions, { username, password }: RedisLogIn, options: RedisOptions): boolean {
  if (own.tls !== undefined) own.tls = tlsOptions(options);
  if (password === undefined || (own.password === password && (own.username ?? undefined) === username))
    return false;
  Object.assign(own, { username, password });
  return true;
}
