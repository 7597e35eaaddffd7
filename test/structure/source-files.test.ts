import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { requestWalks, sourceFiles, withOneImporter } from './source-files.js';

describe('the count of source files', () => {
  let root: string;
  beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'structure-'))));
  afterEach(() => rmSync(root, { recursive: true }));

  function write(path: string, text: string): void {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }

  it('has the lines of each file, and leaves out tests and what is not TypeScript', () => {
    write('apps/one/src/main.ts', 'one\ntwo\n');
    write('apps/one/src/main.test.ts', 'one\n');
    write('apps/one/src/page/script.js', 'one\n');
    write('libs/two/src/deep/down.ts', 'one\n');
    write('test/support/some.ts', 'one\n');
    expect(sourceFiles(root)).toEqual([
      { path: 'apps/one/src/main.ts', lines: 2, imports: [] },
      { path: 'libs/two/src/deep/down.ts', lines: 1, imports: [] },
    ]);
  });

  it('finds each place of the broker that takes from a rate limit, and misses none by its name', () => {
    write(
      'apps/broker/src/main.ts',
      'consumer.limit.take(now);\nconsumer.rateLimit.take(now);\nbudget.take();\n',
    );
    expect(requestWalks(root, sourceFiles(root))).toBe(2);
    write('apps/broker/src/main.ts', 'budget.take();\n');
    expect(() => requestWalks(root, sourceFiles(root))).toThrow('nothing takes');
  });

  it('finds what one other file imports, by whatever way, and however often', () => {
    write(
      'apps/one/src/main.ts',
      "import { a } from './a.js';\nimport type { A } from './a.js';\nimport '#two/deep/down.js';\nimport 'node:fs';\n",
    );
    write('apps/one/src/a.ts', "export { b } from './inner/b.js';\n");
    write('apps/one/src/inner/b.ts', "import '../c.js';\n");
    write('apps/one/src/c.ts', '');
    write('libs/two/src/deep/down.ts', "const c = await import('#two/up.js');\nimport '#two/twice.js';\n");
    write('libs/two/src/up.ts', "import './twice.js';\n");
    write('libs/two/src/twice.ts', '');
    expect(withOneImporter(sourceFiles(root)).map(({ path }) => path)).toEqual([
      'apps/one/src/a.ts',
      'apps/one/src/c.ts',
      'apps/one/src/inner/b.ts',
      'libs/two/src/deep/down.ts',
      'libs/two/src/up.ts',
    ]);
  });
});
