import { onTestFinished } from 'vitest';
import { BrokerProcess } from './broker-process.js';
import type { Replicas } from './replicas.js';
import { TcpProxy } from './tcp-proxy.js';

/** A way to the Redis of the replicas that can be cut, until the test ends. */
export async function proxyTo({ redis }: Pick<Replicas, 'redis'>): Promise<TcpProxy> {
  const proxy = await TcpProxy.start(redis.port);
  onTestFinished(() => proxy.stop());
  return proxy;
}

/** One more replica, which reaches Redis by the proxy only. */
export function replicaBehind(proxy: TcpProxy, { settings }: Replicas): Promise<BrokerProcess> {
  const { store } = settings as { store: { redis: object } };
  const redis = { ...store.redis, url: `redis://127.0.0.1:${proxy.port}/0` };
  return BrokerProcess.start({ ...settings, store: { redis } });
}
