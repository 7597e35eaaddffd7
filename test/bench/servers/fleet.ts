import { setTimeout as pause } from 'node:timers/promises';
import { someKey } from '#test/broker-process.js';
import { RedisServer } from '#test/redis-server.js';
import type { BenchRun } from '../bench-run.js';
import { cpuTime } from '../machine/process-cost.js';
import { sum } from '../machine/statistics.js';
import { BenchBroker, type BrokerOptions } from './broker.js';
import { redisStore, someClient, someConsumer } from './some-settings.js';
import { TokenSource } from './token-source.js';

/** What happened in some seconds. */
export interface Spent {
  seconds: number;
  renewals: number;
  /** Commands of Redis by name, those within scripts included. */
  commands: Record<string, number>;
  /** Bytes that Redis has received and sent. */
  bytes: number;
  /** Milliseconds of CPU, of all replicas. */
  brokerCpu: number;
  /** Milliseconds of CPU. */
  redisCpu: number;
  /** Renewals by how late they began: upper bounds in seconds, and how many were not above. */
  lag: [bound: number, count: number][];
}

/** Replicas on one Redis, before an authorization server that costs nothing. */
export class Fleet {
  readonly replicas: BenchBroker[] = [];
  readonly key = someKey();

  private constructor(
    private readonly run: BenchRun,
    readonly redis: RedisServer,
    readonly source: TokenSource,
  ) {}

  static async start(run: BenchRun): Promise<Fleet> {
    const source = await TokenSource.start();
    run.atEnd(() => source.stop());
    const redis = await RedisServer.start();
    run.atEnd(() => redis.stop());
    return new Fleet(run, redis, source);
  }

  async grow(count: number): Promise<void> {
    const missing = Array.from({ length: count - this.replicas.length }, () => this.another(this.run));
    this.replicas.push(...(await Promise.all(missing)));
  }

  /** One that `spent` does not look at. */
  another(run: BenchRun, options: BrokerOptions = {}): Promise<BenchBroker> {
    const settings = {
      store: redisStore(this.redis.url),
      clients: { bench: someClient(this.source.tokenEndpoint) },
      consumers: { bench: someConsumer(this.key) },
    };
    return BenchBroker.start(run, settings, { core: 'any', ...options });
  }

  async spent(seconds: number): Promise<Spent> {
    // Asked for outside of what is measured: to tell metrics costs, too.
    const lagBefore = await this.#lag();
    const [before, since] = [await this.#costs(), performance.now()];
    await pause(seconds * 1_000);
    const [after, until] = [await this.#costs(), performance.now()];
    const lag = await this.#lag();
    return {
      seconds: (until - since) / 1_000,
      renewals: after.renewals - before.renewals,
      commands: difference(after.commands, before.commands),
      bytes: after.bytes - before.bytes,
      brokerCpu: after.brokerCpu - before.brokerCpu,
      redisCpu: after.redisCpu - before.redisCpu,
      lag: lag.map(([bound, count], n) => [bound, count - lagBefore[n]![1]]),
    };
  }

  async #costs(): Promise<Omit<Spent, 'seconds' | 'lag'>> {
    const stats = String(await this.redis.command('INFO', 'stats'));
    const traffic = [...stats.matchAll(/total_net_(?:input|output)_bytes:(\d+)/g)];
    return {
      renewals: this.source.count,
      commands: await this.redis.commandCounts(),
      bytes: sum(traffic.map(([, bytes]) => Number(bytes))),
      brokerCpu: sum(this.replicas.map(({ process }) => process.cpuTime)),
      redisCpu: cpuTime(this.redis.pid),
    };
  }

  async #lag(): Promise<Spent['lag']> {
    const lags = await Promise.all(this.replicas.map(lagOf));
    return lags[0]!.map(([bound], n) => [bound, sum(lags.map((lag) => lag[n]![1]))]);
  }
}

function difference(after: Record<string, number>, before: Record<string, number>): Record<string, number> {
  const changed = Object.entries(after).map(([name, count]) => [name, count - (before[name] ?? 0)] as const);
  return Object.fromEntries(changed.filter(([, count]) => count > 0));
}

async function lagOf({ management }: BenchBroker): Promise<[number, number][]> {
  const text = await (await fetch(`${management}/metrics`)).text();
  const buckets = text.matchAll(/^token_broker_renewal_lag_seconds_bucket\{le="([^"]+)"\} (\d+)/gm);
  return [...buckets].map(([, bound, count]) => [bound === '+Inf' ? Infinity : Number(bound), Number(count)]);
}
