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
  readonly #upperBounds: readonly number[];
  /** Of the buckets, as prom-client writes them. */
  readonly #keys: readonly string[];

  constructor(histogram: Histogram, labels: Labels) {
    if (rowOf(histogram, labels) === undefined) histogram.zero(labels);
    this.#row = rowOf<HistogramRow>(histogram, labels) as HistogramRow;
    this.#keys = Object.keys(this.#row.bucketValues).toSorted((one, other) => Number(one) - Number(other));
    this.#upperBounds = this.#keys.map(Number);
  }

  observe(value: number): void {
    this.#row.sum += value;
    this.#row.count += 1;
    const bounds = this.#upperBounds;
    let at = 0;
    while (at < bounds.length && value > bounds[at]!) at++;
    if (at < bounds.length) this.#row.bucketValues[this.#keys[at]!]! += 1;
  }
}

function rowOf<T extends Row>(metric: Counter | Histogram, labels: Labels): T | undefined {
  const { hashMap } = metric as unknown as { hashMap: Record<string, T> };
  const names = Object.keys(labels);
  return Object.values(hashMap).find((row) => names.every((name) => row.labels[name] === labels[name]));
}
