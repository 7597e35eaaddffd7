import { setTimeout as pause } from 'node:timers/promises';
import { someKey } from '#test/broker-process.js';
import { RedisServer } from '#test/redis-server.js';
import type { BenchRun, PartResult } from '../bench-run.js';
import { askAll } from '../machine/ask-all.js';
import { type ConstantRate, latenciesAt } from '../machine/constant-rate.js';
import { pinSelf } from '../machine/pinning.js';
import { median, percentile } from '../machine/statistics.js';
import { saturate } from '../machine/wrk.js';
import type { Figure } from '../report/figure.js';
import { answerOf, bareServer } from '../servers/bare-servers.js';
import { BenchBroker } from '../servers/broker.js';
import { addressOf, redisStore, someClient, someConsumer } from '../servers/some-settings.js';
import { TokenSource } from '../servers/token-source.js';

/** Each asks for its own share of the tokens. */
const consumers = 10;

/** Seconds. The spread keeps renewals from coming together; they come after half of so short a life. */
const lifetime = () => 20 + Math.floor(Math.random() * 40);

const shares = { p50: 0.5, p99: 0.99, 'p99.9': 0.999 };

/** How long answers take at half of what would be too much, while a thousand tokens are renewed again and again. */
export async function tail(run: BenchRun): Promise<PartResult> {
  pinSelf('load');
  const [rounds, seconds, warmUp, tokens] = run.quick ? [1, 1, 0, 20] : [7, 4, 2, 1_000];
  const { broker, bare, source, questions } = await scene(run, tokens);
  const { path, authorization } = questions[0]!;
  const target = { server: broker.process, url: `${broker.consumers}${path}`, authorization };
  await saturate(target, seconds);
  const rates: number[] = [];
  const latencies: Record<'broker' | 'bare', number[][]> = { broker: [], bare: [] };
  const [count, since] = [source.count, performance.now()];
  for (let round = 0; round < rounds; round++) {
    // Anew each time: what saturates a server changes with what else the machine has to do.
    const rate = (await saturate(target, seconds)).rate / 2;
    const load: Omit<ConstantRate, 'url'> = { questions, rate, seconds, warmUp };
    rates.push(rate);
    latencies.broker.push(await latenciesAt({ url: broker.consumers, ...load }));
    broker.process.dropOutput();
    // What renews meanwhile would take its time from the other server.
    broker.process.signal('SIGSTOP');
    latencies.bare.push(await latenciesAt({ url: bare.url, ...load }));
    broker.process.signal('SIGCONT');
    run.tell(`round ${round + 1} of ${rounds}`);
    await pause(run.quick ? 0 : 2_000);
  }
  const renewals = ((source.count - count) * 1_000) / (performance.now() - since);
  const times = { broker: latencies.broker.map(percentiles), bare: latencies.bare.map(percentiles) };
  return { figures: figures(times, median(rates), renewals), details: { rates, renewals, seconds, times } };
}

type Percentiles = Record<keyof typeof shares, number>;

async function scene(run: BenchRun, tokens: number) {
  const source = await TokenSource.start({ lifetime });
  run.atEnd(() => source.stop());
  const redis = await RedisServer.start();
  run.atEnd(() => redis.stop());
  const keys = Array.from({ length: consumers }, someKey);
  const broker = await BenchBroker.start(run, {
    store: redisStore(redis.url),
    clients: { bench: someClient(source.tokenEndpoint) },
    consumers: Object.fromEntries(keys.map((key, n) => [`bench-${n}`, someConsumer(key)])),
  });
  const questions = Array.from({ length: tokens }, (_, n) => ({
    path: addressOf(n),
    authorization: `Bearer ${keys[n % consumers]!.key}`,
  }));
  await askAll(broker.consumers, questions);
  const { path, authorization } = questions[0]!;
  const bare = await bareServer(run, await answerOf(`${broker.consumers}${path}`, authorization));
  return { broker, bare: bare, source, questions };
}

function percentiles(latencies: readonly number[]): Percentiles {
  const of = (name: keyof typeof shares) => percentile(latencies, shares[name]);
  return { p50: of('p50'), p99: of('p99'), 'p99.9': of('p99.9') };
}

function figures(
  { broker, bare }: Record<'broker' | 'bare', readonly Percentiles[]>,
  rate: number,
  renewals: number,
): Figure[] {
  const names = Object.keys(shares) as (keyof typeof shares)[];
  const ratio = (name: keyof typeof shares) => median(broker.map((one, n) => one[name] / bare[n]![name]));
  return [
    { what: 'rate, half of what saturates the broker', value: rate, unit: 'requests/s' },
    { what: 'renewals meanwhile', value: renewals, unit: '/s' },
    ...names.map((name) => ({
      what: `${name} of the broker`,
      value: median(broker.map((one) => one[name])),
      unit: 'ms',
    })),
    { what: 'p99 beside bare node:http', value: ratio('p99'), unit: '×', goal: { atMost: 2 } },
    { what: 'p99.9 beside bare node:http', value: ratio('p99.9'), unit: '×' },
  ];
}
