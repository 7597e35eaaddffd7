import { type Cluster, Redis } from 'ioredis';
import { clusterNodeOptions, reconnectDelay } from './client-options.js';
import type { RedisOptions } from './redis-options.js';

/**
 * For SUBSCRIBE on a Cluster: one connection to one node, since what is published on any of them all tell. When it is
 * lost, the next attempt goes to another node. (That of ioredis may stay silent after a node was lost.)
 */
export function clusterSubscriber(options: RedisOptions, cluster: Cluster): Redis {
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
