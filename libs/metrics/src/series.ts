import type { Counter, Histogram } from 'prom-client';

// prom-client checks and hashes the labels at each call, which takes longer than to find a token in memory. A series
// finds its row once, and counts in that row as prom-client does. `metrics.test.ts` holds both against each other.

type Labels = Readonly<Record<string, string>>;

interface Row {
  labels: Labels;
}

interface CounterRow extends Row {
  value: number;
}

interface HistogramRow extends Row {
  bucketValues: Record<string, number>;
  sum: number;
  count: number;
}

/** One label set of a counter. */
export class CounterSeries {
  readonly #row: CounterRow;

  constructor(counter: Counter, labels: Labels) {
    counter.inc(labels, 0);
    this.#row = rowOf<CounterRow>(counter, labels) as CounterRow;
  }

  inc(): void {
    this.#row.value += 1;
  }
}

/** One label set of a histogram. */
export class HistogramSeries {
  readonly #row: HistogramRow;
  readonly #buckets: readonly (readonly [upperBound: number, key: string])[];

  constructor(histogram: Histogram, labels: Labels) {
    if (rowOf(histogram, labels) === undefined) histogram.zero(labels);
    this.#row = rowOf<HistogramRow>(histogram, labels) as HistogramRow;
    this.#buckets = Object.keys(this.#row.bucketValues)
      .map((key) => [Number(key), key] as const)
      .toSorted(([one], [other]) => one - other);
  }

  observe(value: number): void {
    this.#row.sum += value;
    this.#row.count += 1;
    for (const [upperBound, key] of this.#buckets) {
      if (value <= upperBound) {
        this.#row.bucketValues[key]! += 1;
        return;
      }
    }
  }
}

function rowOf<T extends Row>(metric: Counter | Histogram, labels: Labels): T | undefined {
  const { hashMap } = metric as unknown as { hashMap: Record<string, T> };
  const names = Object.keys(labels);
  return Object.values(hashMap).find((row) => names.every((name) => row.labels[name] === labels[name]));
}
