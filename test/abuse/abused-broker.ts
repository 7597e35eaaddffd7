import type { AtEnd } from '#test/at-end.js';
import { readFileSync } from 'node:fs';
import { BrokerProcess, someKey } from '#test/broker-process.js';
import { metricValue } from '#test/metric-value.js';
import { client, consumer } from '#test/partner.js';
import { runningServer } from '#test/running.js';
import { until } from '#test/until.js';

/** How many connections a test may have open: some files are needed for all else. Node.js has raised the soft limit. */
export const mostConnections = Math.min(
  10_000,
  Number(/open files +(\d+)/.exec(readFileSync('/proc/self/limits', 'utf8'))![1]) - 1_000,
);

/** Requests a second. */
export const flooderLimit = 50;

/** What attacks leave open, at the most, beside what was open before: connections of the test's own. */
const slack = 20;

/** A real broker of two consumers, one of whom means no good, and what it holds. */
export class AbusedBroker {
  #files = 0;

  private constructor(
    readonly process: BrokerProcess,
    readonly key: string,
    /** Of the one who means no good, and may ask this often. */
    readonly flooderKey: string,
  ) {}

  static async start(atEnd: AtEnd): Promise<AbusedBroker> {
    const server = await runningServer({}, atEnd);
    const [served, flooder] = [someKey(), someKey()];
    const settings = {
      clients: { rabot: client(server, { maxTokenRequestsPerMinute: 100_000 }) },
      consumers: {
        'order-service': consumer(served),
        flooder: { ...consumer(flooder), maxRequestsPerSecond: flooderLimit },
      },
    };
    const broker = new AbusedBroker(await BrokerProcess.start(settings, { atEnd }), served.key, flooder.key);
    broker.#files = await broker.metric('process_open_fds');
    return broker;
  }

  get url(): string {
    return this.process.consumers;
  }

  async metric(series: string): Promise<number> {
    return metricValue(await this.process.metrics(), series) ?? NaN;
  }

  /** Waits until it holds no more connections than at its start, some few apart. */
  async settled(): Promise<void> {
    const isSettled = async () => (await this.metric('process_open_fds')) <= this.#files + slack;
    await until(isSettled, 'the connections of an attack are closed');
  }
}
