import { configDefaults, defineConfig } from 'vitest/config';
import LongestFirst from './test/support/longest-first.js';

const conditions = ['source', 'node', 'import', 'module', 'default'];

/** A real Prometheus, whose time is scaled down: a second of somebody else's work is an hour of its own. */
const alone = 'test/prometheus/live.test.ts';

export default defineConfig({
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    setupFiles: ['test/support/setup.ts'],
    // Most of the time tests wait for processes of their own: so more of them than vitest's cores minus one.
    maxWorkers: 4,
    // A test that fails now and then is at fault, or has found something.
    retry: 0,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: {
          name: 'units',
          include: ['{apps,libs}/**/*.test.ts'],
          // Nothing of them stays in a module, so that files may share them: each file anew costs half of all their time.
          isolate: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'tests',
          include: ['test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, 'test/chaos/**', 'test/abuse/*.test.ts', alone],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'chaos',
          include: ['test/chaos/**/*.test.ts', 'test/abuse/soak.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 60_000,
          // After the rest: each keeps three brokers, a Redis and their callers busy, though mostly waiting.
          sequence: { groupOrder: 2 },
          maxWorkers: 3,
        },
      },
      {
        extends: true,
        test: {
          name: 'alone',
          include: ['test/abuse/*.test.ts', alone],
          exclude: [...configDefaults.exclude, 'test/abuse/soak.test.ts'],
          // By themselves: they measure how a consumer is served, and how soon an alert fires.
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 3 },
          maxWorkers: 1,
        },
      },
    ],
  },
});
