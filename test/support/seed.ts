const text = process.env['SEED'] ?? '2026';

/** What random inputs are drawn from: the same in each run, so that a failure can be repeated; `SEED=` sets another. */
export const seed = Number(text);

if (!Number.isSafeInteger(seed)) throw new Error(`SEED must be an integer, not "${text}"`);
