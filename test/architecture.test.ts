import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');

/** Which rooms a room may import, besides itself. */
const walls: Record<string, string[]> = {
  'libs/tokens': [],
  'libs/consumers': ['libs/tokens'],
  'libs/http': ['libs/tokens'],
  'libs/workloads': ['libs/tokens', 'libs/http'],
  'libs/oauth': ['libs/tokens', 'libs/http'],
  'libs/metrics': ['libs/tokens'],
  'libs/redis': ['libs/tokens'],
  'libs/traces': ['libs/tokens'],
  'libs/client': [],
  'apps/broker': [
    'libs/tokens',
    'libs/consumers',
    'libs/http',
    'libs/workloads',
    'libs/oauth',
    'libs/metrics',
    'libs/redis',
    'libs/traces',
  ],
  'apps/dev-authorization-server': [],
};

/** The only rooms that may import a package which others must not know. */
const keepers: Record<string, string[]> = {
  '@nestjs/': ['apps/broker', 'libs/client'],
  fastify: ['apps/broker'],
  undici: ['libs/client'],
  axios: ['libs/client'],
  oauth4webapi: ['libs/oauth'],
  'openid-client': ['apps/broker'],
  ioredis: ['libs/redis'],
  redlock: ['libs/redis'],
  'prom-client': ['libs/metrics', 'apps/broker'],
  'class-validator': ['apps/broker'],
  '@opentelemetry/': ['libs/traces', 'apps/broker'],
};

/** Inside apps/broker/src: which folders, or files of them, a folder may import besides itself. */
const brokerWalls: Record<string, string[]> = {
  settings: ['audit/audit-fields.js'],
  audit: [],
  core: ['settings/', 'audit/'],
  pages: ['core/openapi-document.js'],
  'consumer-api': ['core/', 'settings/', 'pages/', 'audit/'],
  management: ['core/', 'settings/', 'pages/', 'audit/'],
  cli: [
    'settings/',
    'core/connected-client.js',
    'core/open-files.js',
    'core/entitled-consumer.js',
    'audit/audit-verification.js',
    'core/folder-signing-key-store.js',
    'management/access/openid-provider.js',
    'management/access/operator.js',
    'command-line.js',
    'package-version.js',
  ],
};

/** Inside libs/tokens: the folders that each folder may import. What stands on top of them may import all. */
const tokensWalls: Record<string, string[]> = {
  model: [],
  ports: ['model/'],
  memory: ['ports/', 'model/'],
};

/** The files of libs/tokens on top of its folders, from the bottom up: none imports one of a later layer. */
const workers = [
  'token-cache',
  'upstream',
  'token-fetch',
  'token-renewal',
  'token-broker',
  'renewal-sweep',
  'key-removal',
];

const files = globSync('{apps,libs}/*/src/**/*.ts', { cwd: root }).filter(
  (file) => !file.endsWith('.test.ts'),
);
const imports = files.flatMap((file) =>
  [...readFileSync(join(root, file), 'utf8').matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map(
    ([, target]) => ({ file, target: target! }),
  ),
);

const roomOf = (path: string) => path.split('/').slice(0, 2).join('/');

function targetRoom({ file, target }: { file: string; target: string }): string | undefined {
  if (target.startsWith('#test/')) return 'test';
  if (target.startsWith('#')) return `libs/${target.slice(1).split('/')[0]}`;
  return target.startsWith('.') ? roomOf(join(dirname(file), target)) : undefined;
}

/** The imports from folders of a room into other parts of it that its walls do not allow. */
function crossingsInside(room: string, allowed: Record<string, string[]>): object[] {
  const source = `${room}/src/`;
  return imports.flatMap(({ file, target }) => {
    if (!file.startsWith(source) || !target.startsWith('.')) return [];
    const [folder = '', ...rest] = file.slice(source.length).split('/');
    const path = join(dirname(file), target).slice(source.length);
    const mayImport = [`${folder}/`, ...(allowed[folder] ?? [])];
    return rest.length === 0 || mayImport.some((start) => path.startsWith(start)) ? [] : [{ file, path }];
  });
}

const foldersOf = (room: string) =>
  new Set(
    files
      .filter((file) => file.startsWith(`${room}/src/`))
      .flatMap((file) => file.split('/').slice(3, -1)[0] ?? []),
  );

describe('the walls of the house', () => {
  it('stand around every room', () => {
    expect(new Set(files.map(roomOf))).toEqual(new Set(Object.keys(walls)));
  });

  it('are not crossed by an import', () => {
    const crossing = imports.filter((one) => {
      const [own, target] = [roomOf(one.file), targetRoom(one)];
      return target !== undefined && target !== own && !walls[own]?.includes(target);
    });
    expect(crossing).toEqual([]);
  });

  it.each([
    ['apps/broker', brokerWalls],
    ['libs/tokens', tokensWalls],
  ])('stand inside %s, too', (room, allowed) => {
    expect(foldersOf(room)).toEqual(new Set(Object.keys(allowed)));
    expect(crossingsInside(room, allowed)).toEqual([]);
  });

  it('keep packages in the rooms that are made for them', () => {
    const strays = imports.filter(({ file, target }) =>
      Object.entries(keepers).some(
        ([name, rooms]) => target.startsWith(name) && !rooms.includes(roomOf(file)),
      ),
    );
    expect(strays).toEqual([]);
  });

  it('let the workers of libs/tokens lean on earlier ones only, and all else on none of them', () => {
    const rank = (path: string) => workers.findIndex((name) => path.endsWith(`/${name}.js`));
    const upwards = imports.filter(({ file, target }) => {
      const own = rank(file.replace(/\.ts$/, '.js'));
      return roomOf(file) === 'libs/tokens' && rank(target.replace('./', '/')) > own;
    });
    expect(upwards).toEqual([]);
  });

  it('hold no marker of a merge that was left unresolved', () => {
    const { stdout } = spawnSync('git', ['grep', '-lE', '^(<<<<<<<|>>>>>>>) '], {
      cwd: root,
      encoding: 'utf8',
    });
    expect(stdout).toBe('');
  });

  it('hold no barrel and no drawer', () => {
    const drawers = /(^|\/)(common|utils|shared|helpers)(\/|\.)|\/index\.ts$/;
    expect(files.filter((file) => drawers.test(file))).toEqual([]);
  });
});
