export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** @param share from 0 to 1; the value that this share of all is not above (nearest rank) */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
