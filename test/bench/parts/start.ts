import { setTimeout as pause } from 'node:timers/promises';
import { someKey } from '#test/broker-process.js';
import { RedisServer } from '#test/redis-server.js';
import { type BenchRun, type PartResult, within } from '../bench-run.js';
import { median } from '../machine/statistics.js';
import type { Figure } from '../report/figure.js';
import { answerOf, bareServer } from '../servers/bare-servers.js';
import { BenchBroker } from '../servers/broker.js';
import { addressOf, redisStore, someClient, someConsumer } from '../servers/some-settings.js';
import { TokenSource } from '../servers/token-source.js';

interface Start {
  /** Milliseconds from the start of the process to its first token. */
  firstToken: number;
  /** Bytes, after some seconds in which nobody asked for anything. */
  memory: number;
}

/** A replica that comes up, and then has nothing to do. */
export async function start(run: BenchRun): Promise<PartResult> {
  const [rounds, rest] = run.quick ? [1, 100] : [7, 5_000];
  const source = await TokenSource.start();
  run.atEnd(() => source.stop());
  const redis = await RedisServer.start();
  run.atEnd(() => redis.stop());
  const { key, hash } = someKey();
  const settings = {
    store: redisStore(redis.url),
    clients: { bench: someClient(source.tokenEndpoint) },
    consumers: { bench: someConsumer({ hash }) },
  };
  const url = `${addressOf(0)}`;
  const brokers: Start[] = [];
  const bare: Start[] = [];
  for (let round = 0; round < rounds; round++) {
    brokers.push(
      await started(run, rest, async (one) => {
        const { process, consumers } = await BenchBroker.start(one, settings);
        await answerOf(`${consumers}${url}`, `Bearer ${key}`);
        return process;
      }),
    );
    bare.push(
      await started(run, rest, async (one) => {
        const { server, url: address } = await bareServer(one, { headers: {}, body: '{}' });
        await answerOf(`${address}${url}`, '');
        return server;
      }),
    );
    run.tell(`start ${round + 1} of ${rounds}`);
  }
  return { figures: figures(brokers, bare), details: { brokers, bare } };
}

type Server = BenchBroker['process'];

/** Ends it again at once, so that the next one has the machine for itself. */
function started(run: BenchRun, rest: number, begin: (inner: BenchRun) => Promise<Server>): Promise<Start> {
  return within(run, async (inner) => {
    const before = performance.now();
    const server = await begin(inner);
    const firstToken = performance.now() - before;
    await pause(rest);
    return { firstToken, memory: server.residentSetSize };
  });
}

function figures(brokers: readonly Start[], bare: readonly Start[]): Figure[] {
  const of = (starts: readonly Start[], field: keyof Start) => median(starts.map((one) => one[field]));
  const mebibyte = 1_024 * 1_024;
  return [
    {
      what: 'process start to first token',
      value: of(brokers, 'firstToken') / 1_000,
      unit: 's',
      goal: { atMost: 1 },
    },
    { what: 'the same of bare node:http', value: of(bare, 'firstToken') / 1_000, unit: 's' },
    { what: 'RSS at rest', value: of(brokers, 'memory') / mebibyte, unit: 'MiB', goal: { atMost: 90 } },
    { what: 'the same of bare node:http', value: of(bare, 'memory') / mebibyte, unit: 'MiB' },
  ];
}
