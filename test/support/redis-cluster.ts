import { RedisServer } from './redis-server.js';
import { until } from './until.js';

export interface RedisCluster {
  /** The three primaries, then their replicas, if any, in the same order. */
  servers: RedisServer[];
  nodes: { host: string; port: number }[];
  stop(): Promise<void>;
}

const primaries = 3;
const slots = 16_384;

/** A Redis Cluster of three primaries, each with so many replicas, which fails over after a second or two. */
export async function startCluster(replicasEach = 0): Promise<RedisCluster> {
  const started: RedisServer[] = [];
  const stop = async () => void (await Promise.all(started.map((server) => server.stop())));
  try {
    const count = primaries * (1 + replicasEach);
    const servers = await Promise.all(Array.from({ length: count }, startNode(started)));
    await join(servers);
    await replicate(servers);
    return { servers, nodes: servers.map(({ port }) => ({ host: '127.0.0.1', port })), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function startNode(started: RedisServer[]): () => Promise<RedisServer> {
  const directives = {
    'cluster-enabled': 'yes',
    'cluster-node-timeout': 1_000,
    'cluster-require-full-coverage': 'no',
    'repl-diskless-sync-delay': 0,
  };
  return async () => {
    const server = await RedisServer.start({ directives });
    started.push(server);
    return server;
  };
}

async function join(servers: RedisServer[]): Promise<void> {
  const [first] = servers;
  for (const [index, server] of servers.entries()) {
    await server.command('CLUSTER', 'SET-CONFIG-EPOCH', index + 1);
    if (index < primaries) await server.command('CLUSTER', 'ADDSLOTSRANGE', ...slotsOf(index));
    if (server !== first) await server.command('CLUSTER', 'MEET', '127.0.0.1', first!.port);
  }
  await all(servers, (server) => sees(server, servers.length, 'connected'), 'all nodes know one another');
  await all(servers, isWhole, 'the cluster is whole');
}

async function replicate(servers: RedisServer[]): Promise<void> {
  const replicas = servers.slice(primaries);
  for (const [index, replica] of replicas.entries()) {
    const primary = await servers[index % primaries]!.command('CLUSTER', 'MYID');
    await replica.command('CLUSTER', 'REPLICATE', String(primary));
  }
  await all(replicas, isLinked, 'replicas follow');
  await all(servers, (server) => sees(server, replicas.length, 'slave'), 'all nodes know the replicas');
}

function all(servers: RedisServer[], question: (server: RedisServer) => Promise<boolean>, what: string) {
  return until(async () => (await Promise.all(servers.map(question))).every(Boolean), what);
}

function slotsOf(index: number): [number, number] {
  const first = (n: number) => Math.ceil((n * slots) / primaries);
  return [first(index), first(index + 1) - 1];
}

async function isWhole(server: RedisServer): Promise<boolean> {
  const info = String(await server.command('CLUSTER', 'INFO'));
  return info.includes('cluster_state:ok') && info.includes(`cluster_slots_ok:${slots}`);
}

async function isLinked(replica: RedisServer): Promise<boolean> {
  return String(await replica.command('INFO', 'replication')).includes('master_link_status:up');
}

/** Whether this node knows so many nodes whose line in CLUSTER NODES has this word. */
async function sees(server: RedisServer, count: number, word: string): Promise<boolean> {
  const lines = String(await server.command('CLUSTER', 'NODES')).split('\n');
  return lines.filter((line) => new RegExp(`\\b${word}\\b`).test(line)).length === count;
}
