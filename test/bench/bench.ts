import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type BenchRun, type Part, type PartResult, within } from './bench-run.js';
import { thisMachine } from './machine/machine.js';
import { pinSelf } from './machine/pinning.js';
import { burst } from './parts/burst.js';
import { hit } from './parts/hit.js';
import { scale } from './parts/scale.js';
import { sdk } from './parts/sdk.js';
import { start } from './parts/start.js';
import { tail } from './parts/tail.js';
import { table } from './report/table.js';

const parts: Record<string, Part> = { hit, tail, burst, start, sdk, scale };

const ownFolder = fileURLToPath(new URL('out/', import.meta.url));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false }, out: { type: 'string', default: ownFolder } },
});
const names = positionals.length > 0 ? positionals : Object.keys(parts);
const unknown = names.filter((name) => parts[name] === undefined);
if (unknown.length > 0)
  throw new Error(`there is no ${unknown.join(', ')}; parts: ${Object.keys(parts).join(', ')}`);

// Debian keeps servers such as nginx where the PATH of its users does not look.
process.env['PATH'] = `${process.env['PATH']}:/usr/sbin:/sbin`;
const report = { takenAt: new Date().toISOString(), quick: values.quick, machine: thisMachine() };
const results: Record<string, PartResult> = values.quick ? await allAtOnce() : await inTurn();

mkdirSync(values.out, { recursive: true });
const file = join(values.out, 'bench.json');
writeFileSync(file, `${JSON.stringify({ ...report, parts: results }, undefined, 2)}\n`);
for (const [name, chart] of Object.values(results).flatMap(({ charts = {} }) => Object.entries(charts))) {
  writeFileSync(join(values.out, name), chart);
}
print(`\n${table(Object.values(results).flatMap(({ figures }) => figures))}\n\nAll of it: ${file}`);

/** So that none takes from the figures of another one. */
async function inTurn(): Promise<Record<string, PartResult>> {
  const inOrder: Record<string, PartResult> = {};
  for (const name of names) inOrder[name] = await result(name);
  return inOrder;
}

/** The figures of a smoke test mean nothing, and it mostly waits. */
async function allAtOnce(): Promise<Record<string, PartResult>> {
  const all = await Promise.all(names.map(result));
  return Object.fromEntries(names.map((name, n) => [name, all[n]!]));
}

async function result(name: string): Promise<PartResult> {
  const tell = (progress: string) => void process.stderr.write(`${name}: ${progress}\n`);
  const run: BenchRun = { quick: values.quick, tell, atEnd: () => {} };
  try {
    return await within(run, parts[name]!);
  } finally {
    pinSelf('any');
  }
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
