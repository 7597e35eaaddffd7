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

describe(`with SEED=${seed}`, () => {
  it.each(targets)('$name stands whatever comes', { timeout: patience(20) }, async ({ inputs, fuzz }) => {
    const fuzzed = await fuzz(seed, inputs * minutes);
    expect(fuzzed.inputs).toBeGreaterThanOrEqual(inputs * minutes);
    // Otherwise they would try the first look of a parser only.
    expect(fuzzed.accepted).toBeGreaterThan(0);
    expect(fuzzed.accepted).toBeLessThan(fuzzed.inputs);
  });

  it('they get a hundred thousand inputs in all', () => {
    const all = targets.reduce((sum, { inputs }) => sum + inputs, 0);
    expect(all).toBeGreaterThanOrEqual(100_000);
  });
});
