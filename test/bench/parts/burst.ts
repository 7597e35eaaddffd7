import { someKey } from '#test/broker-process.js';
import { askRaw } from '#test/raw-callers.js';
import { RedisServer } from '#test/redis-server.js';
import { type BenchRun, type PartResult, within } from '../bench-run.js';
import { median, sum } from '../machine/statistics.js';
import { BenchBroker } from '../servers/broker.js';
import { addressOf, redisStore, someClient, someConsumer } from '../servers/some-settings.js';
import { firstRequestsBesideRelease } from './beside-release.js';
import { TokenSource } from '../servers/token-source.js';

interface Burst {
  /** Milliseconds from the answer of the authorization server to that of the last who waits. */
  last: number;
  tokenRequests: number;
}

/** A token that nobody has yet, and a thousand who ask for it at three replicas. */
export async function burst(run: BenchRun): Promise<PartResult> {
  const [rounds, waiters, delay] = run.quick ? [1, 60, 50] : [9, 1_000, 200];
  const source = await TokenSource.start({ delay });
  run.atEnd(() => source.stop());
  const redis = await RedisServer.start();
  run.atEnd(() => redis.stop());
  const { key, hash } = someKey();
  const settings = {
    store: redisStore(redis.url),
    clients: { bench: someClient(source.tokenEndpoint) },
    consumers: { bench: someConsumer({ hash }) },
  };
  const start = () => BenchBroker.start(run, settings, { core: 'any' });
  const replicas = await Promise.all([start(), start(), start()]);
  const bursts: Burst[] = [];
  for (let round = 0; round < rounds; round++) {
    const before = source.count;
    const asked = replicas.map(({ consumers }, n) =>
      askRaw(`${consumers}${addressOf(round)}`, key, Math.floor((waiters + n) / replicas.length)),
    );
    const answers = (await Promise.all(asked.map(async (one) => (await one).answers))).flat();
    const refused = answers.find(({ text }) => !text.startsWith('HTTP/1.1 200'));
    if (refused !== undefined) throw new Error(`a waiter got: ${refused.text}`);
    const last = Math.max(...answers.map(({ at }) => at)) - source.lastAnsweredAt;
    bursts.push({ last, tokenRequests: source.count - before });
    run.tell(`burst ${round + 1} of ${rounds}`);
  }
  // The first ones are for the compiler.
  const counted = bursts.slice(run.quick ? 0 : 2);
  const times = counted.map(({ last }) => last);
  const requests = sum(counted.map(({ tokenRequests }) => tokenRequests)) / counted.length;
  return {
    figures: [
      {
        what: `${waiters.toLocaleString('en')} waiters on 3 replicas, token requests`,
        value: requests,
        unit: '',
        goal: { atMost: 1 },
      },
      {
        what: 'from the answer of the authorization server to that of the last',
        value: median(times),
        unit: 'ms',
        goal: { atMost: 50 },
      },
      await within(run, firstRequestsBesideRelease),
    ],
    details: { bursts },
  };
}
