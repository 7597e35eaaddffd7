import type { AtEnd } from '#test/at-end.js';
import { metricValue } from '#test/metric-value.js';
import { allTell } from '#test/replicas-under-load.js';
import { type Replicas, runningReplicas, shortLived } from '#test/replicas.js';
import { RedisServer } from '#test/redis-server.js';
import { TcpProxy } from '#test/tcp-proxy.js';
import type { Sample } from './growth.js';

/** Two replicas that reach their Redis through a network that fails. */
export class SoakedPair {
  #version = 0;

  private constructor(
    readonly replicas: Replicas,
    private readonly redis: RedisServer,
    private readonly proxy: TcpProxy,
  ) {}

  static async start(atEnd: AtEnd): Promise<SoakedPair> {
    const redis = await RedisServer.start();
    atEnd(() => redis.stop());
    const proxy = await TcpProxy.start(redis.port);
    atEnd(() => proxy.stop());
    const url = `redis://127.0.0.1:${proxy.port}/0`;
    return new SoakedPair(
      await runningReplicas({ ...shortLived, count: 2, redis: { url } }, atEnd),
      redis,
      proxy,
    );
  }

  /** One fault after the other; each is over, or has its cause taken away, when it resolves. */
  get faults(): readonly (() => Promise<void>)[] {
    const { server, brokers, settings } = this.replicas;
    return [
      async () => server.misbehave({ times: 1, answer: { status: 503 } }),
      async () => server.misbehave({ times: 1, close: true }),
      async () => server.misbehave({ times: 1, answer: { html: true } }),
      async () => this.#rewrite({ ...settings, publicUrl: `https://v${++this.#version}.example` }),
      () => this.redis.restart(),
      async () => brokers[this.#version % 2]!.rewrite('no settings'),
      () => this.#parted(() => this.proxy.cut()),
      async () => this.#rewrite(settings),
      async () => server.misbehave({ times: 1, delay: 500 }),
      () => this.#parted(() => this.proxy.blackHole()),
    ];
  }

  /** Of the metrics named, what the worse of the two tells; and how many keys Redis has. */
  async sample(names: readonly string[]): Promise<Sample> {
    const told = await Promise.all(this.replicas.brokers.map((broker) => broker.metrics()));
    const most = (name: string) => Math.max(...told.map((one) => metricValue(one, name) ?? NaN));
    const measured = Object.fromEntries(names.map((name) => [name, most(name)]));
    return { ...measured, redis_keys: Number(await this.redis.command('DBSIZE')) };
  }

  /** Waits until nothing is left of the faults. */
  async recovered(): Promise<void> {
    this.replicas.server.reset();
    this.#rewrite(this.replicas.settings);
    await allTell('in Redis', this.replicas.brokers);
  }

  #rewrite(settings: object): void {
    for (const broker of this.replicas.brokers) broker.rewrite(settings);
  }

  async #parted(part: () => void): Promise<void> {
    part();
    await allTell('in memory, Redis is down', this.replicas.brokers);
    this.proxy.heal();
  }
}
