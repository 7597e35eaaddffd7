import { Gauge, type Registry } from 'prom-client';
import { metricNames } from './metric-names.js';

/** Exposes how late the most overdue renewal is now: milliseconds, 0 when none is. */
export function exposeLateness(registry: Registry, lateness: () => number): void {
  const gauge = new Gauge({
    name: metricNames.renewalOverdue,
    help: 'How late the most overdue renewal of the schedule is now; 0 when none is.',
    registers: [],
    collect() {
      this.set(lateness() / 1000);
    },
  });
  registry.registerMetric(gauge);
}
