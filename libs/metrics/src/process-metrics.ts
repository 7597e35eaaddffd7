import { Counter, type Registry } from 'prom-client';
import { metricNames } from './metric-names.js';
import { registerCounter, registerGauge } from './scraped.js';

/** Registers how late the most overdue renewal is now: milliseconds, 0 when none is late. */
export function registerLateness(registry: Registry, lateness: () => number): void {
  const help = 'Seconds by which the most overdue renewal of the schedule is late now; 0 when none is late.';
  registerGauge(registry, metricNames.renewalOverdue, help, [], () => [[{}, lateness() / 1000]]);
}

/** @param dropped lines so far */
export function exposeDroppedLines(registry: Registry, dropped: () => number): void {
  const help =
    'Log lines that the standard output did not take: a full disk, or a pipe whose reader does not keep up.';
  registerCounter(registry, metricNames.logLinesDropped, help, [], () => [[{}, dropped()]]);
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
