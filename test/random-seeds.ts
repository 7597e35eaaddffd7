import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

// `MINUTES=20 npm run test:seeds`: runs the tests with random inputs again and again, each time from another seed. It
// prints each seed that fails, and the command that repeats it, and exits with 1 when there was one.

const root = join(import.meta.dirname, '..');
const minutes = Number(process.env['MINUTES'] ?? 10);
const end = performance.now() + minutes * 60_000;

const usesSeed = /import \{ (?:fc|[^}]*\bseed\b[^}]*) \} from '/;
const files = globSync('{apps,libs,test}/**/*.test.ts', {
  cwd: root,
  exclude: ['**/node_modules/**'],
}).filter((file) => usesSeed.test(readFileSync(join(root, file), 'utf8')));

const repeats: string[] = [];
let runs = 0;
do {
  const seed = String(randomInt(2 ** 31));
  runs++;
  const { status, stdout, stderr } = spawnSync('vitest', ['run', '--reporter=dot', ...files], {
    cwd: root,
    env: { ...process.env, SEED: seed, NO_COLOR: '1' },
    encoding: 'utf8',
  });
  if (status === 0) continue;
  const failed = [
    ...new Set(
      [...`${stdout}${stderr}`.matchAll(/^ *FAIL +(?:\S+ +)?(\S+\.test\.ts)/gm)].map(([, file]) => file),
    ),
  ];
  repeats.push(`SEED=${seed} npx vitest run ${failed.join(' ')}`);
  process.stdout.write(`${stdout}${stderr}\nfailed, repeat with: ${repeats.at(-1)}\n`);
} while (performance.now() < end);

process.stdout.write(`${files.length} files with random inputs: ${runs} seeds, ${repeats.length} failed\n`);
for (const command of repeats) process.stdout.write(`  ${command}\n`);
process.exitCode = repeats.length > 0 ? 1 : 0;
