import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join, matchesGlob } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const runbook = 'apps/broker/src/management/runbook/runbook.md';
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'CHANGELOG.md',
  'libs/client/README.md',
  'clients/python/README.md',
  runbook,
  ...globSync('docs/**/*.md', { cwd: root }),
].toSorted();
const text = (page: string) => readFileSync(join(root, page), 'utf8');

/** What of a page is run as it stands there, by which test: all blocks of a language. */
const run: readonly { page: string; languages: readonly string[]; test: string }[] = [
  { page: 'README.md', languages: ['yaml'], test: 'test/docs/readme.test.ts' },
  { page: runbook, languages: ['promql'], test: 'test/prometheus/alerts.test.ts' },
  { page: 'libs/client/README.md', languages: ['ts'], test: 'test/client/package.test.ts' },
  {
    page: 'clients/python/README.md',
    languages: ['python'],
    test: 'test/client/python-package.test.ts',
  },
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

/** Files to install or to begin with. Where the program that reads them is not run, not-run.md has a row for them. */
const shipped: readonly { files: string; test: string; isRun: boolean }[] = [
  { files: 'apps/broker/examples/*', test: 'apps/broker/src/settings/example.test.ts', isRun: true },
  { files: 'clients/python/**', test: 'test/client/python-package.test.ts', isRun: true },
  { files: 'deploy/compose/*', test: 'test/compose.test.ts', isRun: true },
  { files: 'deploy/grafana/**', test: 'test/prometheus/dashboards.test.ts', isRun: false },
  { files: 'deploy/helm/**', test: 'test/helm/chart.test.ts', isRun: false },
  { files: 'deploy/kubernetes/**', test: 'test/kubernetes/manifests.ts', isRun: false },
  { files: 'deploy/prometheus/**', test: 'test/prometheus/alerts.test.ts', isRun: true },
  { files: 'deploy/proxies/nginx.conf', test: 'test/consumers/nginx.test.ts', isRun: true },
  { files: 'deploy/proxies/envoy.yaml', test: 'test/consumers/envoy.test.ts', isRun: false },
  { files: 'deploy/proxies/traefik.yaml', test: 'test/consumers/traefik.test.ts', isRun: false },
  { files: 'deploy/systemd/*', test: 'test/systemd.test.ts', isRun: false },
];

/** Commands in the comments at the head of a file. */
const commandFiles = ['docker-compose.yml', 'apps/broker/Dockerfile'];

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
const listed = [...text('docs/reference/not-run.md').matchAll(/^\| (\S+) \| `(.+?)` \| (.+?) \|$/gm)].map(
  ([, page, beginning, reason]) => ({ page: page!, beginning: beginning!, reason: reason!.trim() }),
);

/** Whether a row is about a block; pages are named as they are in docs/, except for README.md. */
const isAbout = ({ page, beginning }: (typeof listed)[number], block: Block) =>
  [page, `docs/${page}`].includes(block.page) && block.beginning.startsWith(beginning);
/** The commands of the runbook are listed by one row for all. */
const isListed = (block: Block) => block.page === runbook || listed.some((row) => isAbout(row, block));
const isRun = ({ page, language }: Block) =>
  run.some((one) => one.page === page && one.languages.includes(language));
const programs = blocks.filter(({ language }) => !noPrograms.has(language));

describe('the commands and programs of README.md and docs', () => {
  it('are each run by a test, or listed in docs/reference/not-run.md', () => {
    expect(programs.length).toBeGreaterThan(30);
    expect(programs.filter((block) => !isRun(block) && !isListed(block))).toEqual([]);
  });

  it('are not listed as not run when a test runs them, or when they are gone', () => {
    const stale = listed.filter(
      (row) =>
        !commandFiles.includes(row.page) && programs.filter((block) => isAbout(row, block)).every(isRun),
    );
    expect(stale).toEqual([]);
    expect(listed.filter(({ reason }) => reason.length < 15)).toEqual([]);
  });

  it('of the runbook are listed as a whole', () => {
    expect(text('docs/reference/not-run.md')).toContain(`| \`${runbook}\` |`);
  });

  it('stand in comments of files too, each listed', () => {
    const commands = commandFiles.flatMap((file) =>
      [...text(file).matchAll(/^# .*?((?:docker|curl) .+)$/gm)].map(([, command]) => ({ file, command })),
    );
    expect(commands.length).toBeGreaterThanOrEqual(3);
    const isRow = ({ file, command }: (typeof commands)[number]) =>
      listed.some(({ page, beginning }) => page === file && command!.startsWith(beginning));
    expect(commands.filter((one) => !isRow(one))).toEqual([]);
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

describe('the files of deploy, clients and examples', () => {
  const files = ['deploy', 'clients', 'apps/broker/examples'].flatMap((folder) =>
    execFileSync('git', ['ls-files', folder], { cwd: root, encoding: 'utf8' }).trim().split('\n'),
  );

  it('are each read by a test of their own', () => {
    expect(files.filter((file) => !shipped.some((one) => matchesGlob(file, one.files)))).toEqual([]);
    expect(shipped.filter(({ test }) => !existsSync(join(root, test)))).toEqual([]);
  });

  it.each(shipped)('$files: listed in not-run.md where the program that reads them is not run', (one) => {
    expect(files.some((file) => matchesGlob(file, one.files))).toBe(true);
    const row = `| \`${one.files}\` |`;
    expect(text('docs/reference/not-run.md').includes(row)).toBe(!one.isRun);
  });
});
