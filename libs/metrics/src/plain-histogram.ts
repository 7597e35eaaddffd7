import type { Metric, Registry } from 'prom-client';

export interface PlainHistogramOptions {
  name: string;
  help: string;
  labelName: string;
  /** Upper bounds, ascending. */
  buckets: readonly number[];
}

/** How many values lay in which bucket. */
class Distribution {
  /** By bucket; the last one is for what is above all bounds. */
  readonly #counts: number[];
  #sum = 0;

  constructor(private readonly bounds: readonly number[]) {
    this.#counts = Array.from({ length: bounds.length + 1 }, () => 0);
  }

  add(value: number): void {
    const { length } = this.bounds;
    let bucket = 0;
    while (bucket < length && value > this.bounds[bucket]!) bucket++;
    this.#counts[bucket]!++;
    this.#sum += value;
  }

  /** As Prometheus has it: each bucket counts those below it, too. */
  samples(name: string, labels: Record<string, string>): object[] {
    let count = 0;
    const buckets = this.#counts.map((own, n) => {
      count += own;
      const le = this.bounds[n] ?? '+Inf';
      return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: count };
    });
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels, value: this.#sum },
      { metricName: `${name}_count`, labels, value: count },
    ];
  }
}

/**
 * A histogram with one label, for what each request of a consumer observes: prom-client's own looks its labels up and
 * checks them each time, which takes ten times as long as the count itself.
 */
export class PlainHistogram {
  readonly #byLabel = new Map<string, Distribution>();

  constructor(
    private readonly options: PlainHistogramOptions,
    registry: Registry,
  ) {
    const { name, help, labelName } = options;
    const get = async () => ({ ...metric, aggregator: 'sum', values: this.#samples });
    const metric = { name, help, type: 'histogram', labelNames: [labelName], get };
    // All that a registry needs of a metric; its type asks for a class of prom-client's.
    registry.registerMetric(metric as unknown as Metric);
  }

  observe(label: string, value: number): void {
    let distribution = this.#byLabel.get(label);
    if (distribution === undefined) {
      distribution = new Distribution(this.options.buckets);
      this.#byLabel.set(label, distribution);
    }
    distribution.add(value);
  }

  get #samples(): object[] {
    const { name, labelName } = this.options;
    return [...this.#byLabel].flatMap(([label, one]) => one.samples(name, { [labelName]: label }));
  }
}
