import { randomInt } from 'node:crypto';
import { seed as fixedSeed } from '#test/seed.js';

const soak = process.env['SOAK_MINUTES'];

/** What random inputs are drawn from: the same in each run, and another in each soak. `SEED=… npm run soak` repeats one. */
const isDrawn = soak !== undefined && process.env['SEED'] === undefined;
export const seed = isDrawn ? randomInt(2 ** 31) : fixedSeed;

/** How long the soak lasts, and by how much all else is longer: `npm run soak` sets it. */
export const minutes = Number(soak ?? 1);

/** Milliseconds that a test may take which needs so many seconds on a quiet machine. */
export function patience(seconds: number): number {
  return seconds * 10_000 * minutes;
}
