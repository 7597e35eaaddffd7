import { describe, expect, it, onTestFinished } from 'vitest';
import type { LoadAnswers } from '#test/load-answers.js';
import { metricValue } from '#test/metric-value.js';
import { type RedisCluster, startCluster } from '#test/redis-cluster.js';
import { startSentinels } from '#test/redis-sentinels.js';
import { RedisServer } from '#test/redis-server.js';
import { type Replicas, runningReplicas, shortLived } from '#test/replicas.js';
import { SteadyLoad } from '#test/steady-load.js';
import { until } from '#test/until.js';

/** Seconds from the issue of a short-lived token to its renewal, at the least. */
const earliestRenewal = 0.18 * 12;

const sets = ['a', 'b', 'c', 'a b', 'a c', 'b c'];

interface Scene extends Replicas {
  load: SteadyLoad;
  startedAt: number;
}

/** Three replicas under load that have a token for each scope set. */
async function sceneUnderLoad(redis: object): Promise<Scene> {
  const replicas = await runningReplicas({ ...shortLived, redis });
  const startedAt = performance.now();
  const load = SteadyLoad.on(replicas.brokers, { key: replicas.key, scopes: sets });
  await load.rounds(2);
  return { ...replicas, load, startedAt };
}

/** Waits until callers have seen a new token for each scope set, so many times. */
async function renewed({ load }: Scene, times: number): Promise<void> {
  for (let time = 1; time <= times; time++) {
    const before = load.answers.issues;
    await until(async () => {
      const { issues } = load.answers;
      return sets.every((set) => issues.get(set)!.length > before.get(set)!.length);
    }, 'each token is renewed');
  }
}

/** The most that the schedule needs: for each scope set the first token and its renewals. */
function scheduled({ startedAt }: Scene): number {
  const elapsed = (performance.now() - startedAt) / 1_000;
  return sets.length * (1 + Math.ceil(elapsed / earliestRenewal));
}

/** No error, no wrong token, and none that is older than one that the same caller got before from the same replica. */
function expectServed(answers: LoadAnswers): void {
  expect(answers.failures).toEqual([]);
  expect(answers.wrong).toEqual([]);
  expect(answers.steppedBack({ perReplica: true })).toEqual([]);
}

/** All replicas share their tokens: who has missed that there is a new one learns it within a second. */
async function expectShared(scene: Scene): Promise<void> {
  const since = performance.now();
  await renewed(scene, 1);
  expect(scene.load.answers.since(since).steppedBack({ grace: 1_000 })).toEqual([]);
}

/** Every token that was issued has been handed out, and no two for one renewal. */
async function expectOneRequestPerRenewal({ load, server }: Scene): Promise<void> {
  await until(async () => server.counts.total === load.answers.tokens.length, 'all tokens are handed out');
  expect(load.answers.shortestInterval).toBeGreaterThanOrEqual(1);
}

async function allAreUp({ brokers }: Replicas): Promise<boolean> {
  const expositions = await Promise.all(brokers.map((broker) => broker.metrics()));
  return expositions.every((exposition) => metricValue(exposition, 'token_broker_store_up') === 1);
}

describe('a primary behind Sentinels that is killed', () => {
  it('costs no consumer its token, and each replica at most one renewal of its own', async () => {
    const group = await startSentinels();
    onTestFinished(() => group.stop());
    const nodes = group.nodes.map(({ host, port }) => `${host}:${port}`);
    const scene = await sceneUnderLoad({ sentinel: { name: group.name, nodes } });
    const primary = await group.primaryPort();

    await group.servers[0]!.kill('SIGKILL');
    await until(async () => (await group.primaryPort()) !== primary, 'another is the primary');
    await until(() => allAreUp(scene), 'all replicas have found it');
    await renewed(scene, 1);

    await expectShared(scene);
    expectServed(await scene.load.stop());
    expect(scene.server.counts.total).toBeLessThanOrEqual(
      scheduled(scene) + sets.length * (scene.brokers.length - 1),
    );
  });
});

describe('a Cluster that loses the primary of the schedule', () => {
  /** Of the three primaries, each of which has a third of the slots. */
  async function primaryOf(key: string, cluster: RedisCluster): Promise<RedisServer> {
    const slot = Number(await cluster.servers[0]!.command('CLUSTER', 'KEYSLOT', key));
    return cluster.servers[Math.floor((slot * 3) / 16_384)]!;
  }

  async function sceneOnCluster(replicasEach: number): Promise<Scene & { lost: RedisServer }> {
    const cluster = await startCluster(replicasEach);
    onTestFinished(() => cluster.stop());
    const lost = await primaryOf('token-broker:{schedule}:due', cluster);
    const scene = await sceneUnderLoad({ cluster: cluster.nodes.map(({ host, port }) => `${host}:${port}`) });
    return { ...scene, lost };
  }

  it('goes on with its replica: no consumer loses its token', async () => {
    const scene = await sceneOnCluster(1);

    await scene.lost.kill('SIGKILL');
    await renewed(scene, 1);
    await until(() => allAreUp(scene), 'all replicas have found the new primary');

    await expectShared(scene);
    expectServed(await scene.load.stop());
    expect(scene.server.counts.total).toBeLessThanOrEqual(
      scheduled(scene) + sets.length * (scene.brokers.length - 1),
    );
  });

  it('without a replica leaves each broker to itself, at the cost of one renewal each', async () => {
    const scene = await sceneOnCluster(0);

    await scene.lost.kill('SIGKILL');
    await renewed(scene, 2);

    expectServed(await scene.load.stop());
    expect(scene.server.counts.total).toBeLessThanOrEqual(scheduled(scene) * scene.brokers.length);
  });
});

describe('three nodes of their own for the lock', () => {
  async function sceneWithLockNodes(): Promise<Scene & { lockNodes: RedisServer[] }> {
    const [tokens, ...lockNodes] = await Promise.all([1, 2, 3, 4].map(() => RedisServer.start()));
    for (const server of [tokens!, ...lockNodes]) onTestFinished(() => server.stop());
    const scene = await sceneUnderLoad({ url: tokens!.url, lockNodes: lockNodes.map(({ url }) => url) });
    return { ...scene, lockNodes };
  }

  async function lockErrors({ brokers }: Replicas): Promise<number> {
    const series = 'token_broker_lock_acquisitions_total{outcome="error"}';
    const counts = await Promise.all(brokers.map(async (one) => metricValue(await one.metrics(), series)));
    return counts.reduce<number>((sum, count) => sum + (count ?? 0), 0);
  }

  it('may lose one: nobody notices, and each renewal costs one token request', async () => {
    const scene = await sceneWithLockNodes();

    await scene.lockNodes[0]!.kill('SIGKILL');
    await renewed(scene, 3);

    await expectOneRequestPerRenewal(scene);
    const answers = await scene.load.stop();
    expectServed(answers);
    expect(answers.steppedBack({ grace: answers.grace })).toEqual([]);
    expect(await lockErrors(scene)).toBe(0);
  });

  it('may lose two: renewals go on without the lock', async () => {
    const scene = await sceneWithLockNodes();

    for (const node of scene.lockNodes.slice(0, 2)) await node.kill('SIGKILL');
    await renewed(scene, 2);

    expectServed(await scene.load.stop());
    expect(await lockErrors(scene)).toBeGreaterThan(0);
    expect(scene.server.counts.total).toBeLessThanOrEqual(scheduled(scene) * scene.brokers.length);
  });
});
