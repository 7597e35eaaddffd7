import { setTimeout as pause } from 'node:timers/promises';
import type { PrometheusServer } from '#test/prometheus-server.js';
import { alerts } from './rule-files.js';
import { scaled } from './scaled-time.js';

export type Labels = Readonly<Record<string, string>>;

/** Seconds until a fault has come to the next renewal, and on top of that for a busy machine. */
const [untilRenewal, busyMachine] = [15, 45];

/** Seconds since 1970. */
export const now = () => Date.now() / 1000;

/** The alerts of a Prometheus whose rules are in scaled time. */
export class WatchedAlerts {
  constructor(private readonly prometheus: PrometheusServer) {}

  /** The labels of those that have fired since then, though they may be over. */
  async firedSince(since: number): Promise<Labels[]> {
    const series = await this.prometheus.range('ALERTS{alertstate="firing"}', since);
    return series.map(({ metric }) => metric);
  }

  /** The same, by name; of one client or of all. */
  async namesSince(since: number, client?: string): Promise<string[]> {
    const fired = await this.firedSince(since);
    const own = fired.filter((one) => client === undefined || one['client'] === client);
    return [...new Set(own.map(({ alertname }) => alertname!))].toSorted();
  }

  /** Waits until it fires for these labels. @throws Error when it takes longer than its rule promises */
  async fires(name: string, labels: Labels, since: number): Promise<void> {
    const { for: duration = '0s' } = alerts.find(({ alert }) => alert === name)!;
    const deadline = since + untilRenewal + 2 * scaled(duration) + busyMachine;
    for (;;) {
      const fired = await this.firedSince(since);
      if (fired.some((one) => isLike(one, { ...labels, alertname: name }))) return;
      if (now() > deadline) throw new Error(`${name} did not fire for ${JSON.stringify(labels)}`);
      await pause(500);
    }
  }

  /** Waits until none fires. @throws Error when that takes more than two minutes */
  async resolve(): Promise<void> {
    const deadline = now() + 120;
    for (;;) {
      const firing = await this.prometheus.firing();
      if (firing.length === 0) return;
      if (now() > deadline) throw new Error(`still firing: ${JSON.stringify(firing)}`);
      await pause(500);
    }
  }
}

function isLike(actual: Labels, expected: Labels): boolean {
  return Object.entries(expected).every(([name, value]) => actual[name] === value);
}
