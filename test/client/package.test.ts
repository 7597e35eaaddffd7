import { atEndOfAll } from '#test/at-end.js';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostNode, NewProject } from '#test/new-project.js';
import { runningScene, type Scene } from '#test/running.js';

const root = join(import.meta.dirname, '../..');

let project: NewProject;
let scene: Scene;
const atEnd = atEndOfAll();

beforeAll(async () => {
  project = await NewProject.start();
  scene = await runningScene({}, {}, atEnd);
  project.write('credential', `${scene.key}\n`);
}, 120_000);

afterAll(async () => {
  project.remove();
});

/** The addresses and files of the docs are examples: here they are those of the scene. */
function atTheScene(code: string): string {
  return code
    .replaceAll('http://token-broker:8080', scene.broker.consumers)
    .replaceAll('https://api.example', `${scene.server.url}/partner/v1`)
    .replaceAll('/var/run/secrets/tokens/token-broker', join(project.folder, 'credential'));
}

/** The programs of a page, and what each says that it prints. */
function programsOf(page: string): { code: string; prints: string }[] {
  const blocks = readFileSync(join(root, page), 'utf8').matchAll(/^```ts\n(.*?)^```$/gms);
  return [...blocks].map(([, code = '']) => ({
    code: atTheScene(code),
    prints: [...code.matchAll(/\/\/ => (.*)$/gm)].map(([, line]) => `${line}\n`).join(''),
  }));
}

const program = `
import { AccessToken, TokenBrokerClient, TokenBrokerError } from '@token-broker/client';

const broker = new TokenBrokerClient({ url: 'http://token-broker:8080', credential: () => process.env.TOKEN_BROKER_KEY });
const token = await broker.token({ scopes: ['create:orders', 'api:partner'] });
const response = await broker.fetch('https://api.example/orders', {}, { scopes: 'api:partner create:orders' });
const refusal = await broker.token({ scopes: 'other' }).catch((error) => error);
console.log(token instanceof AccessToken, \`\${token}\`, token.scope, response.status);
console.log(refusal instanceof TokenBrokerError, refusal.code);
`;

const compiled = `
import { type AccessToken, TokenBrokerClient, type TokenParameters } from '@token-broker/client';

const broker = new TokenBrokerClient({ url: new URL('http://token-broker:8080'), credential: async () => 'none' });
const parameters: TokenParameters = { scopes: ['api:partner'] as const, resource: 'https://a.example' };
export const token: AccessToken = await broker.token({ ...parameters, signal: AbortSignal.timeout(1_000) });
export const other: AccessToken = await broker.rejected(token, parameters);
export const status: number = (await broker.fetch(new Request('https://api.example'), undefined, parameters)).status;
// @ts-expect-error: it is a number
broker.token({ minTtl: '60' });
`;

describe('the package', () => {
  it('holds what is built, a README and the licence, and no test', () => {
    const folder = join(project.folder, 'node_modules/@token-broker/client');
    const files = globSync('**/*.*', { cwd: folder }).filter((file) => !file.startsWith('dist/'));
    expect(files.toSorted()).toEqual(['README.md', 'package.json']);
    expect(readFileSync(join(folder, 'LICENSE'))).toEqual(readFileSync(join(root, 'LICENSE')));
    const built = globSync('dist/**/*.*', { cwd: folder });
    expect(built).toContain('dist/token-broker-client.d.ts');
    expect(built.filter((file) => !/\/[a-z-]+(\.d\.ts|\.js)$/.test(file))).toEqual(['dist/cjs/package.json']);
  });

  it('exports files that are there', () => {
    const folder = join(project.folder, 'node_modules/@token-broker/client');
    const { exports, dependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
      exports: Record<string, string | Record<string, { types: string; default: string }>>;
      dependencies?: object;
    };
    const targets = Object.values(exports).flatMap((one) =>
      typeof one === 'string' ? one : Object.values(one).flatMap(({ types, default: code }) => [types, code]),
    );
    expect(targets.filter((target) => !existsSync(join(folder, target)))).toEqual([]);
    expect(dependencies).toBeUndefined();
  });

  it.each([
    ['the Node.js of the project', process.execPath],
    ['the Node.js of the host', hostNode],
  ])('runs from plain JavaScript under %s', async (_which, node) => {
    project.write('program.js', atTheScene(program));
    const printed = await project.run(node, 'program.js', { TOKEN_BROKER_KEY: scene.key });
    expect(printed).toBe('true [redacted] api:partner create:orders 200\ntrue access_denied\n');
  });

  it('is given to `require` as CommonJS', async () => {
    project.link('axios');
    const asked = `
      const { TokenBrokerClient, TokenBrokerError } = require('@token-broker/client');
      const { useTokenBroker } = require('@token-broker/client/axios');
      const credential = () => process.env.TOKEN_BROKER_KEY;
      const broker = new TokenBrokerClient({ url: 'http://token-broker:8080', credential });
      console.log(typeof useTokenBroker, require.resolve('@token-broker/client').endsWith('cjs/token-broker-client.js'));
      broker.token({ scopes: 'api:partner' }).then((token) => console.log(token.scope));
      broker.token({ scopes: 'other' }).catch((error) => console.log(error instanceof TokenBrokerError, error.code));
    `;
    project.write('program.cjs', atTheScene(asked));
    const printed = await project.run(hostNode, 'program.cjs', { TOKEN_BROKER_KEY: scene.key });
    expect(printed.split('\n').toSorted()).toEqual([
      '',
      'api:partner',
      'function true',
      'true access_denied',
    ]);
  });

  it.each([
    ['too', ['--module', 'nodenext']],
    // The default of `module: commonjs`, as NestJS 10 makes projects: it reads no `exports`.
    [
      'also where TypeScript resolves as in Node.js 10',
      ['--module', 'commonjs', '--moduleResolution', 'node10', '--ignoreDeprecations', '6.0'],
    ],
  ])('has types for a CommonJS project, %s', { timeout: 120_000 }, async (_where, flags) => {
    for (const name of ['axios', 'undici', '@nestjs/common', 'rxjs', 'reflect-metadata']) project.link(name);
    const parts = `
      import { useTokenBroker } from '@token-broker/client/axios';
      import { TokenBrokerModule } from '@token-broker/client/nestjs';
      import { tokenBrokerInterceptor } from '@token-broker/client/undici';
      export const parts = [useTokenBroker, tokenBrokerInterceptor, TokenBrokerModule.register];
    `;
    const file = compiled.replaceAll('await ', '').replaceAll(/^export const .*$/gm, '');
    project.write('typed.cts', file + parts);
    const options = ['--noEmit', '--skipLibCheck', '--lib', 'es2023,dom', ...flags];
    expect(await project.compile(['typed.cts'], options)).toBe('');
  });

  it.each([
    ['browsers', ['--lib', 'es2022,dom']],
    ['Node.js', ['--lib', 'es2023', '--typeRoots', join(root, 'node_modules/@types'), '--types', 'node']],
  ])(
    'has types that a strict project compiles with those of %s alone',
    { timeout: 120_000 },
    async (_of, flags) => {
      project.write('typed.ts', compiled);
      expect(await project.compile(['typed.ts'], ['--noEmit', ...flags])).toBe('');
    },
  );
});

describe('the programs in the docs of the package', () => {
  const pages = [
    'libs/client/README.md',
    'docs/how-to/ways-in/typescript.md',
    'docs/how-to/ways-in/nestjs.md',
  ];
  const programs = new Map<string, { code: string; prints: string; file: string }[]>();

  beforeAll(async () => {
    const linked = [
      '@types/node',
      'undici',
      'axios',
      '@nestjs/common',
      '@nestjs/core',
      'reflect-metadata',
      'rxjs',
    ];
    for (const name of linked) project.link(name);
    for (const page of pages) {
      const found = programsOf(page).map((one, number) => {
        return { ...one, file: `${page.replaceAll(/\W/g, '-')}-${number}.ts` };
      });
      for (const { file, code } of found) project.write(file, code);
      programs.set(page, found);
    }
    const flags = [
      '--types',
      'node',
      '--skipLibCheck',
      '--experimentalDecorators',
      '--emitDecoratorMetadata',
    ];
    const files = [...programs.values()].flat().map(({ file }) => file);
    const faults = await project.compile(files, flags);
    if (faults !== '') throw new Error(faults);
  }, 120_000);

  it.each(pages)('compile, and print what they say: %s', async (page) => {
    const printed: string[] = [];
    for (const { file } of programs.get(page)!) {
      const environment = { TOKEN_BROKER_KEY: scene.key };
      printed.push(await project.run(process.execPath, file.replace(/ts$/, 'js'), environment));
    }
    expect(printed).toEqual(programs.get(page)!.map(({ prints }) => prints));
    expect(printed.length).toBeGreaterThan(0);
    expect(printed.every((one) => one !== '')).toBe(true);
  });
});
