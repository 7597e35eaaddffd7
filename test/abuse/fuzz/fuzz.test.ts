import { describe, expect, it } from 'vitest';
import { minutes, patience, seed } from '../effort.js';
import type { FuzzTarget } from './fuzz-target.js';
import { httpListeners } from './http-listeners.js';
import { sealedRecords } from './sealed-records.js';
import { settingsFiles } from './settings-files.js';
import { tokenAnswers } from './token-answers.js';
import { workloadJwts } from './workload-jwts.js';

const targets: readonly FuzzTarget[] = [
  tokenAnswers,
  sealedRecords,
  workloadJwts,
  settingsFiles,
  httpListeners,
];
const counts = new Map<string, number>();

describe(`with SEED=${seed}`, () => {
  it.each(targets)(
    '$name stands whatever comes',
    { timeout: patience(20) },
    async ({ name, inputs, fuzz }) => {
      const fuzzed = await fuzz(seed, inputs * minutes);
      counts.set(name, fuzzed.inputs);
      // Otherwise they would try the first look of a parser only.
      expect(fuzzed.accepted).toBeGreaterThan(0);
      expect(fuzzed.accepted).toBeLessThan(fuzzed.inputs);
    },
  );

  it('a hundred thousand inputs have come in all', () => {
    expect([...counts.keys()]).toEqual(targets.map(({ name }) => name));
    const all = [...counts.values()].reduce((sum, count) => sum + count, 0);
    expect(all).toBeGreaterThanOrEqual(100_000 * minutes);
  });
});
