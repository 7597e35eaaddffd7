import { Counter, Gauge, type Registry } from 'prom-client';

type Rows<L extends string> = Iterable<
  readonly [labels: Partial<Record<L, string>>, value: number | undefined]
>;

/** Registers a gauge whose series are read at each scrape: those of what is gone end, and so do those without a value. */
export function registerGauge<L extends string>(
  registry: Registry,
  name: string,
  help: string,
  labelNames: L[],
  rows: () => Rows<L>,
): void {
  const gauge = new Gauge({
    name,
    help,
    labelNames,
    registers: [],
    collect() {
      this.reset();
      for (const [labels, value] of rows()) if (value !== undefined) this.set(labels, value);
    },
  });
  registry.registerMetric(gauge);
}

/** As `registerGauge`, of what is counted elsewhere. */
export function registerCounter<L extends string>(
  registry: Registry,
  name: string,
  help: string,
  labelNames: L[],
  rows: () => Rows<L>,
): void {
  const counter = new Counter({
    name,
    help,
    labelNames,
    registers: [],
    collect() {
      this.reset();
      for (const [labels, value] of rows()) this.inc(labels, value);
    },
  });
  registry.registerMetric(counter);
}
