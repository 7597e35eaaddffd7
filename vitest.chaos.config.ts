import { defineConfig } from 'vitest/config';
import usual from './vitest.config.js';

/** One file at a time: each keeps three brokers, a Redis and an authorization server busy. */
export default defineConfig({
  ...usual,
  test: { ...usual.test, include: ['test/chaos/**/*.test.ts'], exclude: [], maxWorkers: 1 },
});
