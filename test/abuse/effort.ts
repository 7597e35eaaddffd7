import { randomInt } from 'node:crypto';

const soak = process.env['SOAK_MINUTES'];

/** What chance is drawn from: the same each time, and another for each soak. `SEED=… npm run soak` repeats one. */
export const seed = Number(process.env['SEED'] ?? (soak === undefined ? 2_026 : randomInt(2 ** 31)));

/** How long the soak lasts, and by how much all else is longer: `npm run soak` sets it. */
export const minutes = Number(soak ?? 1);

/** Milliseconds that a test may take which needs so many seconds on a quiet machine. */
export function patience(seconds: number): number {
  return seconds * 10_000 * minutes;
}
