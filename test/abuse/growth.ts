import { quantile } from './quantile.js';

/** What was measured at one moment, by name. */
export type Sample = Readonly<Record<string, number>>;

/** By how much something may grow between two thirds of the time: a share, and some few. */
export interface Bound {
  share: number;
  few: number;
  /**
   * What is compared: floors, which are what a garbage collection leaves (the default), or peaks, for what a fault
   * empties now and then.
   */
  of?: 'floors' | 'peaks';
}

/** What has grown from the second third of the time, which is warm, to the last by more than it may. */
export function grown(samples: readonly Sample[], bounds: Readonly<Record<string, Bound>>) {
  const third = Math.floor(samples.length / 3);
  const level = (some: readonly Sample[], name: string, of: Bound['of']) => {
    const values = some.map((one) => one[name] ?? NaN);
    return quantile(values, of === 'peaks' ? 1 : 0.1);
  };
  const compared = Object.entries(bounds).map(([name, bound]) => {
    const before = level(samples.slice(third, -third), name, bound.of);
    const after = level(samples.slice(-third), name, bound.of);
    return { name, before, after, bound };
  });
  return compared.filter(({ before, after, bound }) => !(after <= before * (1 + bound.share) + bound.few));
}
