import { Counter, Gauge, type Registry } from 'prom-client';
import { metricNames } from './metric-names.js';

/** Registers how late the most overdue renewal is now: milliseconds, 0 when none is late. */
export function registerLateness(registry: Registry, lateness: () => number): void {
  const gauge = new Gauge({
    name: metricNames.renewalOverdue,
    help: 'Seconds by which the most overdue renewal of the schedule is late now; 0 when none is late.',
    registers: [],
    collect() {
      this.set(lateness() / 1000);
    },
  });
  registry.registerMetric(gauge);
}

/** What the broker does at intervals. */
export class JobMetrics {
  readonly #failures;

  /** @param jobs their names: each series is there from the start, so that its first failure is an increase */
  constructor(registry: Registry, jobs: readonly string[]) {
    this.#failures = new Counter({
      name: metricNames.scheduledJobFailures,
      help: 'Failed runs of a scheduled job; its next run is not affected.',
      labelNames: ['job'],
      registers: [registry],
    });
    for (const job of jobs) this.#failures.inc({ job }, 0);
  }

  failed(job: string): void {
    this.#failures.inc({ job });
  }
}
