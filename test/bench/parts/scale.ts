import { setTimeout as pause } from 'node:timers/promises';
import { type BenchRun, type PartResult, within } from '../bench-run.js';
import type { Figure } from '../report/figure.js';
import { Fleet, type Spent } from '../servers/fleet.js';
import { lifetime, storeTokens } from '../servers/stored-tokens.js';
import { charts, commandsOf, type Point } from './scale-charts.js';
import { renewalsBesideRelease } from './beside-release.js';
import { processMemory, redisMemory, scrape } from './memory.js';

/** What is measured, and for how long: seconds. */
const full = { sizes: [0, 1_000, 10_000, 100_000], counts: [1, 3, 9], seconds: 10, longest: 30 };
const brief: typeof full = { sizes: [0, 300], counts: [3], seconds: 1, longest: 5 };

/** Milliseconds until new replicas have taken up their part. */
const settling = 3_000;

/** Tokens that one replica is asked for: to ask for more would take minutes, and tell no more. */
const mostNear = 25_000;

/** Tokens by the thousand, renewed at the pace of an hour's life, on one Redis; then what each costs in memory. */
export async function scale(run: BenchRun): Promise<PartResult> {
  const plan = run.quick ? brief : full;
  const points: Point[] = [];
  const memory: Figure[] = [];
  for (const tokens of plan.sizes) {
    await within(run, async (inner) => {
      const fleet = await Fleet.start(inner);
      memory.push(...(await store(inner, fleet, tokens, plan)));
      for (const replicas of plan.counts) {
        points.push(await point(inner, fleet, { tokens, replicas }, plan));
      }
    });
  }
  const besideRelease = await within(run, renewalsBesideRelease);
  return {
    figures: [...figures(points), ...memory, ...besideRelease],
    details: { points },
    charts: charts(points),
  };
}

/** Of the most tokens, what they take. */
async function store(run: BenchRun, fleet: Fleet, count: number, plan: typeof full): Promise<Figure[]> {
  const { tokenEndpoint } = fleet.source;
  const dueWithin = run.quick ? 30_000 : 0.8 * lifetime;
  const put = () => storeTokens(fleet.redis.url, { count, tokenEndpoint, dueWithin });
  if (count < plan.sizes.at(-1)!) {
    await put();
    return [];
  }
  const inRedis = await redisMemory(fleet, count, put);
  run.tell(`${count} tokens are in Redis`);
  return within(run, async (inner) => {
    const near = Math.min(count, mostNear);
    const [figure, replica] = await processMemory(inner, fleet, near);
    return [inRedis, figure, await scrape(replica, near)];
  });
}

async function point(
  run: BenchRun,
  fleet: Fleet,
  size: Pick<Point, 'tokens' | 'replicas'>,
  { sizes, seconds, longest }: typeof full,
): Promise<Point> {
  await fleet.grow(size.replicas);
  await pause(run.quick ? 0 : settling);
  const isMain = size.replicas === 3 && [0, sizes.at(-1)].includes(size.tokens);
  const spent = await fleet.spent(isMain ? longest : seconds);
  run.tell(`${size.tokens} tokens, ${size.replicas} replicas`);
  return { ...size, ...spent };
}

function figures(points: readonly Point[]): Figure[] {
  const three = points.filter(({ replicas }) => replicas === 3);
  const [idle, busy] = [three[0]!, three.at(-1)!];
  const perRenewal = (of: (spent: Spent) => number) => {
    const more = of(busy) / busy.seconds - of(idle) / idle.seconds;
    return more / renewalsPerSecond;
  };
  const renewalsPerSecond = busy.renewals / busy.seconds;
  const many = busy.tokens.toLocaleString('en');
  return [
    { what: `${many} tokens on 3 replicas, renewals`, value: renewalsPerSecond, unit: '/s' },
    {
      what: 'Redis commands for a renewal',
      value: perRenewal(commandsOf),
      unit: '',
      goal: { atMost: 10 },
    },
    {
      what: 'CPU of the replicas for a renewal',
      value: perRenewal(({ brokerCpu }) => brokerCpu),
      unit: 'ms',
    },
    { what: 'CPU of Redis for a renewal', value: perRenewal(({ redisCpu }) => redisCpu), unit: 'ms' },
    { what: 'traffic of Redis for a renewal', value: perRenewal(({ bytes }) => bytes) / 1_000, unit: 'kB' },
    { what: 'lateness of renewals, p99', value: latenessOf(busy), unit: 's', goal: { atMost: 1 } },
    {
      what: 'Redis commands of a replica that rests',
      value: commandsOf(idle) / idle.seconds / 3,
      unit: '/s',
    },
    { what: 'CPU of a replica that rests', value: idle.brokerCpu / idle.seconds / 3, unit: 'ms/s' },
  ];
}

/** Seconds; evenly spread within the bucket of the metric where it lies. */
function latenessOf({ lag }: Point): number {
  const wanted = 0.99 * (lag.at(-1)?.[1] ?? 0);
  const at = lag.findIndex(([, count]) => count >= wanted);
  const [below, countBelow] = lag[at - 1] ?? [0, 0];
  const [bound, count] = lag[at]!;
  return below + ((bound - below) * (wanted - countBelow)) / Math.max(1, count - countBelow);
}
