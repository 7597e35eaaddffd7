import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { PartResult } from './bench-run.js';

const root = join(import.meta.dirname, '../..');
const parts = ['hit', 'tail', 'burst', 'start', 'sdk', 'scale'];

// Whether it works, not how fast: this machine may have much else to do.
it('measures each part, prints a table and writes what it has found', { timeout: 300_000 }, () => {
  const out = mkdtempSync(join(tmpdir(), 'token-broker-bench-'));
  onTestFinished(() => rmSync(out, { recursive: true }));
  const bench = spawnSync(process.execPath, ['test/bench/run.mjs', '--quick', '--out', out], {
    cwd: root,
    encoding: 'utf8',
  });
  if (bench.status !== 0) throw new Error(bench.stderr);
  const report = JSON.parse(readFileSync(join(out, 'bench.json'), 'utf8')) as {
    quick: boolean;
    machine: object;
    parts: Record<string, PartResult>;
  };
  expect(report.quick).toBe(true);
  expect(report.machine).toMatchObject({ cores: expect.any(Number), node: process.version });
  expect(Object.keys(report.parts)).toEqual(parts);
  const figures = Object.values(report.parts).flatMap((part) => part.figures);
  expect(figures.filter(({ value }) => !Number.isFinite(value))).toEqual([]);
  expect(figures.filter(({ what }) => !bench.stdout.includes(what))).toEqual([]);
  expect(readFileSync(join(out, 'redis-commands.svg'), 'utf8')).toContain('</svg>');
});
