import { afterAll, beforeAll, describe } from 'vitest';
import type { RedisOptions } from '#redis/connection/redis-options.js';
import { LocalRenewalLock } from '#tokens/ports/renewal-lock.js';
import {
  describeRenewalLock,
  describeSharedRenewalLock,
  type SharedLocks,
} from '../contracts/renewal-lock.contract.js';
import { startCluster } from '#test/redis-cluster.js';
import { RedisServer } from '#test/redis-server.js';
import { kept, tidy } from './kept.js';
import { ReplicaLock } from './some-locks.js';

async function threeReplicas(
  options: Omit<RedisOptions, 'keyPrefix'>,
  infrastructure: { stop(): Promise<void> }[],
): Promise<SharedLocks> {
  const replicas = await Promise.all([1, 2, 3].map(() => ReplicaLock.start(options)));
  return {
    replicas: replicas.map(({ lock }) => lock),
    seize: async ({ key }) => {
      const { connections, keys } = replicas[0]!;
      const seizing = connections.lockNodes.map((node) =>
        node.set(keys.lock(key), 'of-another', 'PX', 2_000),
      );
      await Promise.all(seizing);
    },
    stop: async () => {
      for (const one of [...replicas, ...infrastructure]) await one.stop();
    },
  };
}

describeRenewalLock('SoleRenewalLock', () => new LocalRenewalLock());

describe('RedisRenewalLock', () => {
  let replica: ReplicaLock;
  beforeAll(async () => {
    const server = kept(await RedisServer.start());
    replica = kept(await ReplicaLock.start({ url: server.url }));
  });
  afterAll(tidy);
  describeRenewalLock('on one Redis', () => replica.lock);
});

describeSharedRenewalLock('RedisRenewalLock on one Redis', async () => {
  const server = await RedisServer.start();
  return threeReplicas({ url: server.url }, [server]);
});

describeSharedRenewalLock('RedisRenewalLock on a Cluster', async () => {
  const cluster = await startCluster();
  return threeReplicas({ cluster: cluster.nodes }, [cluster]);
});

describeSharedRenewalLock('RedisRenewalLock on three lock nodes', async () => {
  const [server, ...nodes] = await Promise.all([1, 2, 3, 4].map(() => RedisServer.start()));
  const lockNodes = nodes.map(({ url }) => url);
  return threeReplicas({ url: server!.url, lockNodes }, [server!, ...nodes]);
});
