import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

// Runs the bench from its TypeScript, against the broker as it was built.
const file = (name) => fileURLToPath(new URL(name, import.meta.url));
const { status } = spawnSync(
  process.execPath,
  [
    '--disable-warning=ExperimentalWarning',
    '--experimental-transform-types',
    '--conditions=source',
    `--import=${new URL('../support/source-loader.mjs', import.meta.url).href}`,
    file('bench.ts'),
    ...process.argv.slice(2),
  ],
  { stdio: 'inherit' },
);
process.exitCode = status ?? 1;
