import { Counter, type Registry } from 'prom-client';
import { metricNames } from './metric-names.js';

/** @param dropped lines so far */
export function exposeDroppedLines(registry: Registry, dropped: () => number): void {
  registry.registerMetric(
    new Counter({
      name: metricNames.logLinesDropped,
      help: 'Log lines that the standard output did not take: a full disk, or a pipe whose reader does not keep up.',
      registers: [],
      collect() {
        this.reset();
        this.inc(dropped());
      },
    }),
  );
}
