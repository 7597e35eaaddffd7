import { fileURLToPath } from 'node:url';
import { setTimeout as pause } from 'node:timers/promises';
import { someKey } from '#test/broker-process.js';
import { RedisServer } from '#test/redis-server.js';
import { ReleasedBuild } from '#test/released-build.js';
import { OwnIssuer } from '../../http/own-issuer.js';
import type { BenchRun } from '../bench-run.js';
import { askAll } from '../machine/ask-all.js';
import { median } from '../machine/statistics.js';
import { saturate, type Target } from '../machine/wrk.js';
import type { Figure } from '../report/figure.js';
import { BenchBroker, type BrokerOptions } from '../servers/broker.js';
import { addressOf, redisStore, scopeSet, someClient, someConsumer } from '../servers/some-settings.js';
import { TokenSource } from '../servers/token-source.js';

// This build beside that of version 0.1.0, in turn: what else the host has to do comes and goes, and meets both. All
// figures are shares of what 0.1.0 does, and the more the better.

const program = (name: string) => fileURLToPath(new URL(`../programs/${name}`, import.meta.url));

/** Something of each of the two builds. */
interface Pair<T> {
  old: T;
  new: T;
}

/** A share below this is no noise. */
const asGood = 0.97;

async function pairOf<T>(run: BenchRun, start: (options: BrokerOptions) => Promise<T>): Promise<Pair<T>> {
  const release = new ReleasedBuild();
  run.atEnd(() => release.remove());
  return { old: await start({ main: release.main }), new: await start({}) };
}

/** The median of the shares of some turns of both. @param of the more, the better */
async function share(
  run: BenchRun,
  rounds: number,
  what: string,
  of: (which: keyof Pair<unknown>) => Promise<number>,
): Promise<number> {
  const shares: number[] = [];
  // The first round is for the compiler.
  for (let round = run.quick ? 0 : -1; round < rounds; round++) {
    const before = await of('old');
    const one = (await of('new')) / before;
    if (round >= 0) shares.push(one);
  }
  run.tell(`${what} beside ${ReleasedBuild.version}`);
  return median(shares);
}

function figure(what: string, value: number, atLeast = asGood): Figure {
  return { what: `${what} beside ${ReleasedBuild.version}`, value, unit: '×', goal: { atLeast } };
}

/** Hits: by an API key, by a workload JWT, with a tracer, and with ever other paths behind a path that names the token. */
export async function hitsBesideRelease(run: BenchRun): Promise<Figure[]> {
  const source = await TokenSource.start();
  run.atEnd(() => source.stop());
  const issuer = await OwnIssuer.start();
  run.atEnd(() => issuer.stop());
  const { key, hash } = someKey();
  const settings = {
    clients: { bench: someClient(source.tokenEndpoint) },
    consumers: { bench: { ...someConsumer({ hash }), workload: { issuer: 'own', subject: 'bench' } } },
    workloadIssuers: { own: issuer.settings },
  };
  const plain = await pairOf(run, (options) => BenchBroker.start(run, settings, options));
  const environment = { NODE_OPTIONS: `--import=${program('tracer.mjs')}` };
  const traced = await pairOf(run, (options) =>
    BenchBroker.start(run, settings, { ...options, environment }),
  );
  const apiKey = `Bearer ${key}`;
  const exp = Math.floor(Date.now() / 1_000) + 3_600;
  const jwt = `Bearer ${await issuer.jwt('bench', { exp })}`;
  const named = `/forward-auth/bench/${encodeURIComponent(scopeSet(0))}`;
  const kinds: [
    what: string,
    brokers: Pair<BenchBroker>,
    target: Omit<Target, 'server' | 'url'>,
    path: string,
  ][] = [
    ['hits with an API key', plain, { authorization: apiKey }, addressOf(0)],
    ['hits with a workload JWT', plain, { authorization: jwt }, addressOf(0)],
    ['hits with a tracer', traced, { authorization: apiKey }, addressOf(0)],
    ['hits with random paths', plain, { authorization: apiKey, script: program('random-paths.lua') }, named],
  ];
  const figures: Figure[] = [];
  for (const [what, brokers, target, path] of kinds) {
    const value = await share(run, run.quick ? 1 : 11, what, async (which) => {
      const { process, consumers } = brokers[which];
      const { rate } = await saturate({ server: process, url: `${consumers}${path}`, ...target }, 1);
      process.dropOutput();
      return rate;
    });
    // In 0.1.0 only a repeated address was fast.
    figures.push(figure(what, value, target.script === undefined ? asGood : 3));
  }
  return figures;
}

/** Tokens that were not there before, some at once. */
export async function firstRequestsBesideRelease(run: BenchRun): Promise<Figure> {
  const source = await TokenSource.start();
  run.atEnd(() => source.stop());
  const { key, hash } = someKey();
  const settings = {
    clients: { bench: someClient(source.tokenEndpoint) },
    consumers: { bench: someConsumer({ hash }) },
  };
  const brokers = await pairOf(run, (options) => BenchBroker.start(run, settings, options));
  const count = run.quick ? 20 : 1_000;
  const asked = { old: 0, new: 0 };
  const value = await share(run, run.quick ? 1 : 9, 'first requests', async (which) => {
    const from = asked[which];
    asked[which] += count;
    const questions = Array.from({ length: count }, (_, n) => ({
      path: addressOf(from + n),
      authorization: `Bearer ${key}`,
    }));
    const since = performance.now();
    await askAll(brokers[which].consumers, questions);
    return count / (performance.now() - since);
  });
  return figure('first requests', value);
}

/** A thousand tokens on Redis that live for a minute at most, renewed by both builds at the same time. */
export async function renewalsBesideRelease(run: BenchRun): Promise<Figure[]> {
  const [tokens, seconds, windows] = run.quick ? [20, 8, 1] : [1_000, 15, 5];
  const lifetime = run.quick ? () => 5 : () => 20 + Math.floor(Math.random() * 40);
  const { key, hash } = someKey();
  const start = async (options: BrokerOptions) => {
    const source = await TokenSource.start({ lifetime });
    run.atEnd(() => source.stop());
    const redis = await RedisServer.start();
    run.atEnd(() => redis.stop());
    const settings = {
      store: redisStore(redis.url),
      clients: { bench: someClient(source.tokenEndpoint) },
      consumers: { bench: someConsumer({ hash }) },
    };
    const broker = await BenchBroker.start(run, settings, { core: 'any', ...options });
    const questions = Array.from({ length: tokens }, (_, n) => ({
      path: addressOf(n),
      authorization: `Bearer ${key}`,
    }));
    await askAll(broker.consumers, questions);
    return { broker, source };
  };
  const replicas = await pairOf(run, start);
  const shares: number[] = [];
  for (let window = 0; window < windows; window++) {
    const before = { old: spent(replicas.old), new: spent(replicas.new) };
    await pause(seconds * 1_000);
    const perRenewal = (which: keyof Pair<unknown>) => {
      const after = spent(replicas[which]);
      return (after.cpu - before[which].cpu) / (after.renewals - before[which].renewals);
    };
    shares.push(perRenewal('old') / perRenewal('new'));
    run.tell(`renewals beside ${ReleasedBuild.version}, ${window + 1} of ${windows}`);
  }
  const memory = ({ broker }: (typeof replicas)['old']) => broker.process.residentSetSize;
  return [
    figure('renewals per second of CPU', median(shares)),
    figure('tokens per byte of resident memory', memory(replicas.old) / memory(replicas.new)),
  ];
}

function spent({ broker, source }: { broker: BenchBroker; source: TokenSource }) {
  return { cpu: broker.process.cpuTime, renewals: source.count };
}
