import { onTestFinished } from 'vitest';
import { TokenBrokerClient, type TokenBrokerClientOptions } from '#client/token-broker-client.js';
import { FakeRuntime } from './fake-runtime.js';
import { FakeTokenBroker } from './fake-token-broker.js';

export const consumerCredential = 'not-a-real-credential';

export interface ClientScene {
  server: FakeTokenBroker;
  time: FakeRuntime;
  broker: TokenBrokerClient;
}

/** A client and the broker that it asks, until the test ends. */
export async function clientScene(options: Partial<TokenBrokerClientOptions> = {}): Promise<ClientScene> {
  const server = await FakeTokenBroker.start();
  onTestFinished(() => server.stop());
  const time = new FakeRuntime();
  const broker = new TokenBrokerClient({ url: server.url, credential: consumerCredential, ...options }, time);
  return { server, time, broker };
}
