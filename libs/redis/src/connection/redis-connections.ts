import { setDefaultAutoSelectFamilyAttemptTimeout } from 'node:net';
import { Cluster, Redis } from 'ioredis';
import {
  addressTimeout,
  type ConnectionRole,
  clusterOptions,
  locationOptions,
  sentinelOptions,
  clusterNodeOptions,
  reconnectDelay,
} from './client-options.js';
import { inTime } from './deadline.js';
import { explain, hearEveryError, isForgotten } from './connection-errors.js';
import { RedisLogIns } from './redis-log-ins.js';
import { type RedisOptions, parseRedisUrl, serverOf } from './redis-options.js';

/** Milliseconds for the vote of a lock node: one that is frozen must not delay the count of the votes. */
const voteTimeout = 250;

/** Milliseconds between two checks of connections that may be idle, and for the answer. */
const idleCheck = { interval: 2_000, deadline: 500 };

export type RedisClient = Redis | Cluster;

/** All connections of this process to Redis. They are opened, and opened again, in the background. */
export class RedisConnections {
  #checks: NodeJS.Timeout | undefined;

  private constructor(
    readonly commands: RedisClient,
    /** For SUBSCRIBE only: what is subscribed to is subscribed to again after a loss. */
    readonly subscriber: Redis,
    /** Those that vote on the lock. */
    readonly lockNodes: readonly RedisClient[],
    /** Whether the lock lies on nodes of its own, so that no script can reach both it and a token. */
    readonly hasLockNodes: boolean,
    private readonly logIns: RedisLogIns,
  ) {}

  /**
   * Neither waits for Redis nor fails when it is away. `onError` is called for each fault of a connection: the reason is
   * one word that holds no secret.
   * @throws TypeError when a URL is none
   */
  static open(
    options: RedisOptions,
    onError: (role: ConnectionRole, reason: string) => void,
  ): RedisConnections {
    hearEveryError();
    // ioredis passes no such option on.
    setDefaultAutoSelectFamilyAttemptTimeout(addressTimeout);
    const watched = <T extends RedisClient>(role: ConnectionRole, client: T): T => {
      client.on('error', (error: unknown) => {
        const address = client instanceof Redis ? client.options : undefined;
        explain(error, address, (reason) => onError(role, reason));
      });
      return client;
    };
    const lockNodes = options.lockNodes?.map(
      (url) => new Redis(locationOptions(parseRedisUrl(url), 'lock', options)),
    ) ?? [connect(options, 'lock')];
    const commands = connect(options, 'commands');
    const subscriber =
      commands instanceof Cluster
        ? clusterSubscriber(options, commands)
        : connectToOne(options, 'subscriber');
    const locks = lockNodes.map((client) => withCommandTimeout(watched('lock', client), voteTimeout));
    return new RedisConnections(
      watched('commands', commands),
      watched('subscriber', subscriber),
      locks,
      options.lockNodes !== undefined,
      new RedisLogIns({ commands: [commands], subscriber: [subscriber], lock: locks }, onError),
    );
  }

  /** Waits until all connections stand, but no longer than `patience` milliseconds. Returns whether they do. */
  async ready(patience: number): Promise<boolean> {
    const { promise: late, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => resolve(false), patience);
    const all = Promise.all(this.#clients.map(isReady)).then(() => true);
    return Promise.race([all, late]).finally(() => clearTimeout(timer));
  }

  /** Opens those to the Redis of the tokens anew: a router may have forgotten them, without a reset. */
  renew(): void {
    const clients = this.hasLockNodes ? [this.commands, this.subscriber] : this.#clients;
    for (const client of clients) {
      if (client.status === 'ready' || client.status === 'connect') client.disconnect(true);
    }
  }

  /**
   * Opens connections anew that were forgotten while they were idle, such as by a NAT that was restarted: those of locks, and
   * of nodes of a Cluster, are used only now and then. A command that meets one waits for its deadline.
   */
  keepChecked(): void {
    this.#checks ??= setInterval(() => void this.#checkIdle(), idleCheck.interval).unref();
  }

  async #checkIdle(): Promise<void> {
    const idle = [this.commands, ...this.lockNodes]
      .flatMap(nodesOf)
      .filter(({ status }) => status === 'ready');
    await Promise.all(
      idle.map((node) =>
        inTime(node.ping(), idleCheck.deadline).catch((error: unknown) => {
          if (isForgotten(error)) node.disconnect(true);
        }),
      ),
    );
  }

  /**
   * Takes other passwords and certificates for the same servers: connections that stand log in again, later ones use them
   * from the start.
   */
  logIn(options: RedisOptions): void {
    this.logIns.replace(options);
  }

  /** Lets the commands that are on their way end, and closes. Never throws. */
  async close(): Promise<void> {
    clearInterval(this.#checks);
    this.logIns.stop();
    this.subscriber.disconnect();
    await Promise.all([this.commands, ...this.lockNodes].map(end));
  }

  get #clients(): RedisClient[] {
    return [this.commands, this.subscriber, ...this.lockNodes];
  }
}

function connect(options: RedisOptions, role: ConnectionRole): RedisClient {
  if (options.cluster === undefined) return connectToOne(options, role);
  return new Cluster([...options.cluster], clusterOptions(options, role));
}

function connectToOne(options: RedisOptions, role: ConnectionRole): Redis {
  if (options.sentinel !== undefined) return new Redis(sentinelOptions(options, options.sentinel, role));
  return new Redis(locationOptions(serverOf(options), role, options));
}

/**
 * The command timeout of ioredis also counts the time in which this process is too busy to read a reply, and a lock that
 * was granted would be given up: see `deadline`.
 */
function withCommandTimeout<T extends RedisClient>(client: T, milliseconds: number): T {
  const commander: Pick<Redis, 'sendCommand'> = client;
  const send = commander.sendCommand.bind(client);
  commander.sendCommand = (...command) => {
    // A log-in is no vote: late is early enough for it.
    if (command[0].name === 'auth') return send(...command);
    const reply = inTime(Promise.resolve(send(...command)), milliseconds);
    // ioredis takes the replies to commands of its own by callbacks: without this, a late one would end the process.
    reply.catch(() => {});
    return reply;
  };
  return client;
}

function nodesOf(client: RedisClient): Redis[] {
  return client instanceof Cluster ? client.nodes('all') : [client];
}

function isReady(client: RedisClient): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (client.status === 'ready') resolve();
  else client.once('ready', () => resolve());
  return promise;
}

async function end(client: RedisClient): Promise<void> {
  await client.quit().catch(() => {});
  client.disconnect();
}

/**
 * For SUBSCRIBE on a Cluster: one connection to one node, since what is published on any of them is received from all. When it is
 * lost, the next attempt goes to another node. (That of ioredis may stay silent after a node was lost.)
 */
function clusterSubscriber(options: RedisOptions, cluster: Cluster): Redis {
  const seeds = options.cluster ?? [];
  let turn = Math.floor(Math.random() * seeds.length);
  const nextNode = () => {
    const known = cluster.nodes().map(({ options: { host, port } }) => ({ host, port }));
    const nodes = known.length > 0 ? known : seeds;
    return nodes[turn++ % nodes.length]!;
  };
  const client: Redis = new Redis({
    ...clusterNodeOptions(options, 'subscriber'),
    ...nextNode(),
    retryStrategy(attempts) {
      Object.assign(client.options, nextNode());
      return reconnectDelay(attempts);
    },
  });
  return client;
}
