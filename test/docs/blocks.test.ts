import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const pages = ['README.md', ...globSync('docs/**/*.md', { cwd: root })].toSorted();
const text = (page: string) => readFileSync(join(root, page), 'utf8');

/** What of a page is run as it stands there, by which test: all blocks of a language. */
const run: readonly { page: string; languages: readonly string[]; test: string }[] = [
  { page: 'README.md', languages: ['yaml'], test: 'test/docs/readme.test.ts' },
  { page: 'docs/how-to/ways-in/curl.md', languages: ['sh'], test: 'test/consumers/curl.test.ts' },
  { page: 'docs/how-to/ways-in/go.md', languages: ['go'], test: 'test/consumers/go.test.ts' },
  { page: 'docs/how-to/ways-in/java.md', languages: ['java', 'yaml'], test: 'test/consumers/java.test.ts' },
  { page: 'docs/how-to/ways-in/javascript.md', languages: ['js'], test: 'test/consumers/javascript.test.ts' },
  {
    page: 'docs/how-to/kubernetes.md',
    languages: ['sh', 'yaml'],
    test: 'test/kubernetes/documented.test.ts',
  },
  { page: 'docs/how-to/management.md', languages: ['yaml'], test: 'test/docs/examples.test.ts' },
  { page: 'docs/how-to/redis.md', languages: ['yaml'], test: 'test/docs/examples.test.ts' },
  { page: 'docs/reference/audit.md', languages: ['yaml', 'json'], test: 'test/docs/examples.test.ts' },
  {
    page: 'docs/how-to/ways-in/haproxy.md',
    languages: ['lua', 'haproxy'],
    test: 'test/ways-in/proxies.test.ts',
  },
  {
    page: 'docs/how-to/ways-in/apache.md',
    languages: ['sh', 'apache'],
    test: 'test/ways-in/proxies.test.ts',
  },
  { page: 'docs/how-to/ways-in/functions.md', languages: ['python'], test: 'test/ways-in/functions.test.ts' },
  { page: 'docs/how-to/ways-in/caddy.md', languages: ['caddy'], test: 'test/ways-in/ways-in.test.ts' },
  { page: 'docs/how-to/ways-in/files.md', languages: ['sh'], test: 'test/ways-in/ways-in.test.ts' },
  { page: 'docs/how-to/ways-in/ruby.md', languages: ['ruby'], test: 'test/ways-in/ways-in.test.ts' },
  { page: 'docs/how-to/ways-in/nestjs.md', languages: ['ts'], test: 'test/client/package.test.ts' },
  { page: 'docs/how-to/ways-in/python.md', languages: ['python'], test: 'test/consumers/python.test.ts' },
  { page: 'docs/how-to/ways-in/typescript.md', languages: ['ts'], test: 'test/client/package.test.ts' },
  {
    page: 'docs/how-to/workload-identity.md',
    languages: ['sh', 'yaml'],
    test: 'test/consumers/workload-identity.test.ts',
  },
  { page: 'docs/how-to/upgrade.md', languages: ['sh'], test: 'test/docs/upgrade.test.ts' },
  { page: 'docs/how-to/behind-caddy.md', languages: ['sh'], test: 'test/docs/tutorials.test.ts' },
  ...['first-client', 'first-consumer', 'rotate-a-secret', 'many-replicas'].map((name) => ({
    page: `docs/tutorials/${name}.md`,
    languages: ['sh'],
    test: 'test/docs/tutorials.test.ts',
  })),
];

/** Pictures, formulas and data, which nothing runs; settings have a test of their own. */
const noPrograms = new Set(['mermaid', 'text', 'http', 'json', 'yaml', 'ini']);

interface Block {
  page: string;
  language: string;
  /** The first line that says something: by it the table names the block. */
  beginning: string;
}

const blocks: Block[] = pages.flatMap((page) =>
  [...text(page).matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language = '', code = '']) => ({
    page,
    language,
    beginning: code
      .split('\n')
      .find((line) => line.trim() !== '' && !line.startsWith('#'))!
      .trim(),
  })),
);

/** The rows of docs/reference/not-run.md. */
const listed = [...text('docs/reference/not-run.md').matchAll(/^\| (\S+\.md) \| `(.+?)` \| (.+?) \|$/gm)].map(
  ([, page, beginning, reason]) => ({ page: page!, beginning: beginning!, reason: reason!.trim() }),
);

/** Whether a row is about a block; pages are named as they are in docs/, except for README.md. */
const isAbout = ({ page, beginning }: (typeof listed)[number], block: Block) =>
  [page, `docs/${page}`].includes(block.page) && block.beginning.startsWith(beginning);
const isListed = (block: Block) => listed.some((row) => isAbout(row, block));
const isRun = ({ page, language }: Block) =>
  run.some((one) => one.page === page && one.languages.includes(language));
const programs = blocks.filter(({ language }) => !noPrograms.has(language));

describe('the commands and programs of README.md and docs', () => {
  it('are each run by a test, or listed in docs/reference/not-run.md', () => {
    expect(programs.length).toBeGreaterThan(30);
    expect(programs.filter((block) => !isRun(block) && !isListed(block))).toEqual([]);
  });

  it('are not listed as not run when a test runs them, or when they are gone', () => {
    const stale = listed.filter((row) => programs.filter((block) => isAbout(row, block)).every(isRun));
    expect(stale).toEqual([]);
    expect(listed.filter(({ reason }) => reason.length < 15)).toEqual([]);
  });

  it.each(run)('are there, and the test of $page reads that page', ({ page, languages, test }) => {
    const own = new Set(blocks.filter((block) => block.page === page).map(({ language }) => language));
    expect(languages.filter((language) => !own.has(language))).toEqual([]);
    expect(existsSync(join(root, test))).toBe(true);
    const name = page.split('/').at(-1)!.replace('.md', '');
    const sources = [test, 'test/kubernetes/documented.ts'].map(text).join('\n');
    expect(sources).toContain(name);
  });
});
