import { Redis, SentinelConnector } from 'ioredis';

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
