/** What the variables of the dashboards choose. A label that is not there matches "all". */
export const chosen = 'namespace=~"$namespace", job=~"$job"';

/** The series of a metric that the variables choose. */
export function select(metric: string, ...matchers: string[]): string {
  return `${metric}{${[...matchers, chosen].join(', ')}}`;
}

export function rate(metric: string, ...matchers: string[]): string {
  return `rate(${select(metric, ...matchers)}[$__rate_interval])`;
}

/** How often in the interval between two points of the graph: for what is rare. */
export function increase(metric: string, ...matchers: string[]): string {
  return `increase(${select(metric, ...matchers)}[$__rate_interval])`;
}

export function sum(labels: string, vector: string): string {
  return `sum by (${labels}) (${vector})`;
}

export function max(labels: string, vector: string): string {
  return `max by (${labels}) (${vector})`;
}

/** A quantile (0 to 1) of a histogram. */
export function quantile(share: number, labels: string, histogram: string, ...matchers: string[]): string {
  const buckets = rate(`${histogram}_bucket`, ...matchers);
  return `histogram_quantile(${share}, ${sum([labels, 'le'].filter(Boolean).join(', '), buckets)})`;
}

/** As it is, or 0 when there is nothing to count. */
export function orZero(vector: string): string {
  return `${vector} or vector(0)`;
}
