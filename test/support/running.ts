import { onTestFinished } from 'vitest';
import {
  DevAuthorizationServer,
  type DevAuthorizationServerOptions,
} from '../../apps/dev-authorization-server/src/dev-authorization-server.js';
import type { AtEnd } from './at-end.js';
import { BrokerProcess, someKey } from './broker-process.js';
import { client, consumer, registration } from './partner.js';

/** A development authorization server that knows the partner, until the test ends. */
export async function runningServer(
  options: Partial<DevAuthorizationServerOptions> = {},
  atEnd: AtEnd = onTestFinished,
): Promise<DevAuthorizationServer> {
  const server = await DevAuthorizationServer.start({ clients: [registration()], ...options });
  atEnd(() => server.stop());
  return server;
}

export interface Scene {
  server: DevAuthorizationServer;
  broker: BrokerProcess;
  /** The API key of the one consumer, which may have `api:partner create:orders`. */
  key: string;
}

/**
 * An authorization server, and a broker with one client and one consumer of it.
 * @param fields of the client in the settings
 */
export async function runningScene(
  fields: object = {},
  options: Partial<DevAuthorizationServerOptions> = {},
  atEnd: AtEnd = onTestFinished,
): Promise<Scene> {
  const server = await runningServer(options, atEnd);
  const { key, hash } = someKey();
  const settings = {
    clients: { rabot: client(server, fields) },
    consumers: { 'order-service': consumer({ hash }) },
  };
  const broker = await BrokerProcess.start(settings, { atEnd });
  return { server, broker, key };
}
