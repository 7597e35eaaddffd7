import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const program = new URL('./small-heap-process.ts', import.meta.url).pathname;
const loader = new URL('../support/source-loader.mjs', import.meta.url).href;

async function run(count: number, length: number, heap: number): Promise<{ kept: number; perToken: number }> {
  const options = [
    '--disable-warning=ExperimentalWarning',
    '--experimental-transform-types',
    `--max-old-space-size=${heap}`,
    '--expose-gc',
    '--conditions=source',
    '--import',
    loader,
  ];
  const args = [...options, program, String(count), String(length)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout) as { kept: number; perToken: number };
}

describe('the bound of tokens in memory', () => {
  it.each([
    [20_000, 900, 64],
    [20_000, 4_000, 64],
    [20_000, 900, 96],
  ])(
    'lets %i tokens of %i characters end no process with a heap of %i MB',
    { timeout: 120_000 },
    async (...row) => {
      const { kept } = await run(...row);
      expect(kept).toBeGreaterThan(1_000);
      expect(kept).toBeLessThan(20_000);
    },
  );

  it('takes an entry for what it is: token, scopes and 1.2 KB', { timeout: 120_000 }, async () => {
    const { perToken, kept } = await run(5_000, 900, 1_024);
    expect(kept).toBeGreaterThan(4_500);
    expect(perToken).toBeLessThan(900 + 2 * 40 + 1_200);
  });
});
