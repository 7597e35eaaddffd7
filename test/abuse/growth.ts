import { quantile } from './quantile.js';

/** What was measured at one moment, by name. */
export type Sample = Readonly<Record<string, number>>;

/** By how much something may grow between two thirds of the time: a share, and some few. */
export interface Bound {
  share: number;
  few: number;
}

/**
 * What has grown from the second third of the time, which is warm, to the last by more than it may. Compared are the
 * floors: what a garbage collection leaves.
 */
export function grown(samples: readonly Sample[], bounds: Readonly<Record<string, Bound>>) {
  const third = Math.floor(samples.length / 3);
  const floor = (some: readonly Sample[], name: string) => {
    const values = some.map((one) => one[name] ?? NaN);
    return quantile(values, 0.1);
  };
  const compared = Object.entries(bounds).map(([name, bound]) => {
    const [before, after] = [floor(samples.slice(third, -third), name), floor(samples.slice(-third), name)];
    return { name, before, after, bound };
  });
  return compared.filter(({ before, after, bound }) => !(after <= before * (1 + bound.share) + bound.few));
}
