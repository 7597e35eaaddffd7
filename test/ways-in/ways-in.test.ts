import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { parse, stringify } from 'yaml';
import { atEndOfAll } from '#test/at-end.js';
import { freePort } from '#test/free-port.js';
import { runningScene, type Scene } from '#test/running.js';

const shell = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const patience = { timeout: 60_000 };
const soon = { timeout: 50_000, interval: 100 };
const atEnd = atEndOfAll();
let scene: Scene;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ways-in-'));
  scene = await runningScene({}, {}, atEnd);
}, patience.timeout);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The blocks of a page in this language. */
function blocks(page: string, language: string): string[] {
  const text = readFileSync(join(root, 'docs/how-to/ways-in', page), 'utf8');
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(([, code]) => code!);
}

function environment(): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    HOME: folder,
    TOKEN_BROKER_URL: scene.broker.consumers,
    TOKEN_BROKER_KEY: scene.key,
    TOKEN_BROKER_CREDENTIAL: scene.key,
    API_URL: `${scene.server.url}/partner/v1`,
  };
}

function started(program: string, args: readonly string[]): void {
  const child = spawn(program, args, { env: environment(), cwd: folder, stdio: 'ignore' });
  onTestFinished(async () => {
    if (child.exitCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
}

function write(name: string, content: string): string {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
}

it('Prometheus scrapes with a token by the settings of the page', patience, async () => {
  const seen: string[] = [];
  const api = createServer(({ headers }, response) => {
    seen.push(String(headers.authorization));
    response.end('up_here 1\n');
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void api.close());
  await once(api, 'listening');
  const [yaml = ''] = blocks('prometheus.md', 'yaml');
  const config = yaml
    .replace('/run/secrets/token-broker-key', write('key', scene.key))
    .replace('http://token-broker:8080', scene.broker.consumers)
    .replace('api.example', `127.0.0.1:${(api.address() as AddressInfo).port}`)
    .replace('15s', '1s');
  const file = write('prometheus.yaml', stringify({ ...parse(config), global: { scrape_timeout: '1s' } }));
  started('prometheus', [
    `--config.file=${file}`,
    `--storage.tsdb.path=${join(folder, 'tsdb')}`,
    `--web.listen-address=127.0.0.1:${await freePort()}`,
  ]);
  await expect.poll(() => seen[0], soon).toMatch(/^Bearer eyJ/);
});

it('the program in Ruby prints what the page says', patience, async () => {
  const [code = ''] = blocks('ruby.md', 'ruby');
  const prints = [...code.matchAll(/# => (.*)$/gm)].map(([, line]) => `${line}\n`).join('');
  const { stdout } = await shell('/usr/bin/ruby', [write('program.rb', code)], { env: environment() });
  expect(stdout).toBe(prints);
});

it('Caddy puts a token on calls by the configuration of the page', patience, async () => {
  const port = await freePort();
  const [text = ''] = blocks('caddy.md', 'caddy');
  const config = text
    .replace(':8081', `http://127.0.0.1:${port}`)
    .replace('token-broker:8080', scene.broker.consumers.replace('http://', ''))
    .replace('https://api.example', scene.server.url);
  const file = write('Caddyfile', `{\n\tadmin off\n}\n${config}`);
  started('caddy', ['run', '--config', file, '--adapter', 'caddyfile']);
  const call = () =>
    fetch(`http://127.0.0.1:${port}/partner/v1/orders`).then(
      ({ status }) => status,
      () => 0,
    );
  await expect.poll(call, soon).toBe(200);
});

it('the script with a token in a file calls the API', patience, async () => {
  const [script = ''] = blocks('files.md', 'sh');
  const tool = `${process.execPath} ${join(root, 'dist/broker/main.js')}`;
  const { stdout } = await shell('sh', ['-euc', script.replace('token-broker token', `${tool} token`)], {
    env: environment(),
  });
  expect(stdout.trim().split('\n').at(-1)).toBe('200');
});

it('the pipelines ask for a token of the audience in their settings', () => {
  const [github = '', gitlab = ''] = blocks('pipelines.md', 'yaml');
  expect(parse(github)).toMatchObject({ permissions: { 'id-token': 'write' } });
  expect(github).toContain('&audience=token-broker');
  expect(parse(gitlab)).toMatchObject({ orders: { id_tokens: { BROKER_JWT: { aud: 'token-broker' } } } });
});

it('the files for operators refer to each other, and to the two ways to a token', () => {
  const [generator, secret, collector] = blocks('operators.md', 'yaml').map((yaml) => parse(yaml) as object);
  expect(generator).toMatchObject({
    kind: 'Webhook',
    metadata: { name: 'orders-token' },
    spec: { url: expect.stringContaining('/token?scopes='), secrets: [{ name: 'broker' }] },
  });
  expect(secret).toMatchObject({
    spec: { dataFrom: [{ sourceRef: { generatorRef: { kind: 'Webhook', name: 'orders-token' } } }] },
  });
  expect(collector).toMatchObject({
    extensions: { oauth2client: { token_url: expect.stringMatching(/\/oauth2\/token$/) } },
    exporters: { otlphttp: { auth: { authenticator: 'oauth2client' } } },
    service: { extensions: ['oauth2client'] },
  });
});

it('the program for .NET asks at the token endpoint, by the name and the key of a consumer', () => {
  const [program = ''] = blocks('dotnet.md', 'csharp');
  expect(program).toContain('new Uri($"{broker}/oauth2/token")');
  expect(program).toContain('ClientCredentialStyle.AuthorizationHeader');
  expect(program.split('{').length).toBe(program.split('}').length);
});
