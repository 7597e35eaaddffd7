import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { metricValue } from '../support/metric-value.js';
import { allTell } from '../support/replicas-under-load.js';
import { type Replicas, runningReplicas, shortLived } from '../support/replicas.js';
import { RedisServer } from '../support/redis-server.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { minutes } from './effort.js';
import { MixedLoad } from './mixed-load.js';
import { quantile } from './quantile.js';

/** What must not grow, and by how much it may between two thirds of the time: a share, and some few. */
const bounds: Readonly<Record<string, { share: number; few: number }>> = {
  process_resident_memory_bytes: { share: 0.2, few: 8e6 },
  nodejs_heap_size_used_bytes: { share: 0.25, few: 4e6 },
  nodejs_active_resources_total: { share: 0.1, few: 10 },
  process_open_fds: { share: 0.1, few: 5 },
  redis_keys: { share: 0, few: 10 },
};

type Sample = Record<string, number>;

/** The scene: a pair of replicas that reach their Redis through a network that fails. */
async function scene(): Promise<{ replicas: Replicas; redis: RedisServer; proxy: TcpProxy }> {
  const redis = await RedisServer.start();
  onTestFinished(() => redis.stop());
  const proxy = await TcpProxy.start(redis.port);
  onTestFinished(() => proxy.stop());
  const url = `redis://127.0.0.1:${proxy.port}/0`;
  const replicas = await runningReplicas({ ...shortLived, count: 2, redis: { url } });
  return { replicas, redis, proxy };
}

/** One fault after the other, each over when it resolves. */
function faults({ replicas, redis, proxy }: Awaited<ReturnType<typeof scene>>): (() => Promise<void>)[] {
  const { server, brokers, settings } = replicas;
  let version = 0;
  return [
    async () => server.misbehave({ times: 1, answer: { status: 503 } }),
    async () => server.misbehave({ times: 1, close: true }),
    async () => server.misbehave({ times: 1, answer: { html: true } }),
    async () => {
      version++;
      for (const broker of brokers) broker.rewrite({ ...settings, publicUrl: `https://v${version}.example` });
    },
    () => redis.restart(),
    async () => brokers[version % 2]!.rewrite('no settings'),
    async () => {
      proxy.cut();
      await allTell('in memory, Redis is down', brokers);
      proxy.heal();
    },
    async () => {
      for (const broker of brokers) broker.rewrite(settings);
    },
    async () => server.misbehave({ times: 1, delay: 500 }),
    async () => {
      proxy.blackHole();
      await allTell('in memory, Redis is down', brokers);
      proxy.heal();
    },
  ];
}

async function sample({ brokers }: Replicas, redis: RedisServer): Promise<Sample> {
  const told = await Promise.all(brokers.map((broker) => broker.metrics()));
  const most = (series: string) => Math.max(...told.map((one) => metricValue(one, series) ?? NaN));
  const measured = Object.keys(bounds).map((series) => [series, most(series)] as const);
  return { ...Object.fromEntries(measured), redis_keys: Number(await redis.command('DBSIZE')) };
}

it(
  `in ${minutes} min of load, renewals, reloads and faults nothing grows`,
  { timeout: (minutes + 2) * 60_000 },
  async () => {
    const all = await scene();
    const { replicas, redis } = all;
    const load = new MixedLoad(replicas.brokers, replicas.key);
    const samples: Sample[] = [];
    const next = faults(all);
    const end = performance.now() + minutes * 60_000;
    for (let second = 0; performance.now() < end; second++) {
      if (second % 2 === 0) await next[(second / 2) % next.length]!();
      samples.push(await sample(replicas, redis));
      await sleep(1_000);
    }
    replicas.server.reset();
    for (const broker of replicas.brokers) broker.rewrite(replicas.settings);
    await allTell('in Redis', replicas.brokers);
    await load.stop();

    if (process.env['SOAK_LOG'])
      process.stdout.write(`${JSON.stringify([grown(samples), [...load.outcomes], samples])}\n`);
    expect(grown(samples).filter(({ isTooMuch }) => isTooMuch)).toEqual([]);
    const outcomes = [...load.outcomes.keys()].toSorted();
    expect(
      outcomes.filter((one) => !['200', '400', '401', '403', '405', '429', '502', '503'].includes(one)),
    ).toEqual([]);
    expect(load.outcomes.get('200')!).toBeGreaterThan(2 * (load.outcomes.get('503') ?? 0));
    for (const broker of replicas.brokers) {
      expect(broker.output).not.toContain('failed unexpectedly');
      expect(broker.errorOutput).toBe('');
    }
  },
);

/** The second third, which is warm, against the last: of each the floor, which is what a garbage collection leaves. */
function grown(samples: readonly Sample[]) {
  const third = Math.floor(samples.length / 3);
  return Object.entries(bounds).map(([series, { share, few }]) => {
    const of = (some: readonly Sample[]) =>
      quantile(
        some.map((one) => one[series]!),
        0.1,
      );
    const [before, after] = [of(samples.slice(third, -third)), of(samples.slice(-third))];
    return { series, before, after, isTooMuch: !(after <= before * (1 + share) + few) };
  });
}
