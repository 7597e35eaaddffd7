import { randomInt } from 'node:crypto';

/** What chance is drawn from; `SEED=… npx vitest run test/abuse` repeats an earlier run. */
export const seed = Number(process.env['SEED'] ?? randomInt(2 ** 31));

/** How long the soak lasts, and by how much all else is longer: `npm run soak` sets it. */
export const minutes = Number(process.env['SOAK_MINUTES'] ?? 1);

/** Milliseconds that a test may take which needs so many seconds on a quiet machine. */
export function patience(seconds: number): number {
  return seconds * 10_000 * minutes;
}
