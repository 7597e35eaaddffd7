import { RedisServer } from './redis-server.js';
import { until } from './until.js';

export interface SentinelGroup {
  /** Of the primary, as the Sentinels know it. */
  name: string;
  /** The primary at the start, then its replicas. */
  servers: RedisServer[];
  sentinels: RedisServer[];
  nodes: { host: string; port: number }[];
  /** The port of the present primary, as the Sentinels see it. */
  primaryPort(): Promise<number>;
  stop(): Promise<void>;
}

/** One primary, two replicas, and three Sentinels that fail over after a second of silence. */
export async function startSentinels(): Promise<SentinelGroup> {
  const started: RedisServer[] = [];
  const keep = (server: RedisServer) => (started.push(server), server);
  const stop = async () => void (await Promise.all(started.map((server) => server.stop())));
  try {
    const primary = keep(await RedisServer.start());
    const directives = { replicaof: `127.0.0.1 ${primary.port}`, 'repl-diskless-sync-delay': 0 };
    const replicas = [1, 2].map(async () => keep(await RedisServer.start({ directives })));
    const servers = [primary, ...(await Promise.all(replicas))];
    const sentinels = await Promise.all([1, 2, 3].map(async () => keep(await startSentinel(primary.port))));
    await until(async () => (await Promise.all(sentinels.map(knowsAll))).every(Boolean), 'Sentinels meet');
    const nodes = sentinels.map(({ port }) => ({ host: '127.0.0.1', port }));
    return { name, servers, sentinels, nodes, stop, primaryPort: () => primaryPort(sentinels) };
  } catch (error) {
    await stop();
    throw error;
  }
}

const name = 'tokens';

async function startSentinel(port: number): Promise<RedisServer> {
  const directives = {
    'sentinel monitor': `${name} 127.0.0.1 ${port} 2`,
    'sentinel down-after-milliseconds': `${name} 1000`,
    'sentinel failover-timeout': `${name} 2000`,
    'sentinel parallel-syncs': `${name} 2`,
  };
  return RedisServer.start({ program: 'redis-sentinel', directives });
}

/** Until each Sentinel knows both others and both replicas, a failover has no quorum or no candidate. */
async function knowsAll(sentinel: RedisServer): Promise<boolean> {
  const [others, replicas] = (await Promise.all([
    sentinel.command('SENTINEL', 'sentinels', name),
    sentinel.command('SENTINEL', 'replicas', name),
  ])) as [unknown[], string[][]];
  const linked = replicas.filter((replica) => {
    const field = (key: string) => replica[replica.indexOf(key) + 1];
    return field('flags') === 'slave' && field('master-link-status') === 'ok';
  });
  return others.length === 2 && linked.length === 2;
}

async function primaryPort(sentinels: RedisServer[]): Promise<number> {
  const address = await sentinels[0]!.command('SENTINEL', 'get-master-addr-by-name', name);
  return Number((address as string[])[1]);
}
