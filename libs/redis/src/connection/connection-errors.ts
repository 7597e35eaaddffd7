import { connect as connectTcp } from 'node:net';
import { Redis, ReplyError, type RedisOptions as ClientOptions, SentinelConnector } from 'ioredis';
import { codeOf, reasonOf } from './redis-failure.js';

/** Milliseconds: a server that says nothing of its own accord has no greeting. */
const greetingTimeout = 500;

interface Connector {
  connect(...parameters: unknown[]): Promise<{ on(event: 'error', listener: () => void): unknown }>;
}

/**
 * ioredis hears the first error of a connection only. A TLS connection may have a second one: Node.js emits the error of
 * bytes that arrive behind those by which the server was refused (`TLSSocket._emitTLSError`). Without a listener it would
 * end the process, so whatever answers at the address of Redis could.
 *
 * ioredis has no setting that reaches the connections which it makes of its own accord, to Sentinels and for the
 * subscriber of a Cluster: so all connections of the process are listened to where they are made.
 */
export function hearEveryError(): void {
  for (const connector of connectors) {
    const { connect } = connector;
    connector.connect = async function (this: Connector, ...parameters) {
      const stream = await connect.apply(this, parameters);
      stream.on('error', () => {});
      return stream;
    };
  }
  connectors.clear();
}

const { connector } = new Redis({ lazyConnect: true }) as unknown as { connector: object };

/** Those that were not changed yet. */
const connectors = new Set<Connector>([
  Object.getPrototypeOf(connector) as Connector,
  SentinelConnector.prototype as unknown as Connector,
]);

/**
 * Reports the reason of an error of a connection: one word that holds no secret.
 * @param address of the server, where it is one
 */
export function explain(
  error: unknown,
  address: ClientOptions | undefined,
  report: (reason: string) => void,
): void {
  const reason = reasonOf(error);
  if (address === undefined || !/^(?:EPIPE|ECONNRESET)$/.test(reason)) return report(reason);
  greeting(address, (denied) => report(denied ?? reason));
}

/**
 * The code with which a server refuses connections before anything is sent: DENIED in protected mode, MAXCLIENTS. It
 * closes them at once, so ioredis fails to write and never reads it.
 */
function greeting({ host, port, tls }: ClientOptions, report: (code?: string) => void): void {
  if (tls !== undefined || host === undefined || port === undefined) return report();
  let isSettled = false;
  const socket = connectTcp({ host, port, timeout: greetingTimeout });
  const settle = (code?: string) => {
    socket.destroy();
    if (!isSettled) report(code);
    isSettled = true;
  };
  socket.once('data', (bytes) => {
    const greeted = bytes.toString('latin1', 0, 64);
    settle(greeted.startsWith('-') ? codeOf(greeted.slice(1)) : undefined);
  });
  for (const event of ['error', 'timeout', 'close']) socket.once(event, () => settle());
}

/**
 * Whether PING failed with its connection. A server that refuses it (LOADING, BUSY) is there; one that has
 * forgotten the log-in is logged in to again.
 */
export function isForgotten(error: unknown): boolean {
  return !(error instanceof ReplyError) || codeOf((error as Error).message) === 'NOAUTH';
}
