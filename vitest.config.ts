import { defineConfig } from 'vitest/config';

const conditions = ['source', 'node', 'import', 'module', 'default'];

export default defineConfig({
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['{apps,libs}/**/*.test.ts', 'test/**/*.test.ts'],
    // They need a quiet machine and minutes: npm run test:chaos.
    exclude: ['test/chaos/**', 'node_modules/**', 'dist/**'],
    setupFiles: ['test/support/setup.ts'],
    // Most of the time tests wait for processes of their own: so more of them than vitest's cores minus one.
    maxWorkers: 3,
    testTimeout: 20_000,
    hookTimeout: 30_000,
  },
});
