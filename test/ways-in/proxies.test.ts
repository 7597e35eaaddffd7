import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { atEndOfAll } from '#test/at-end.js';
import { freePort } from '#test/free-port.js';
import { runningScene, type Scene } from '#test/running.js';

// HAProxy and Apache by the configuration of their pages: only addresses and paths are others.

const root = join(import.meta.dirname, '../..');
const soon = { timeout: 50_000, interval: 100 };
/** Apache refuses to be root; where the tests are not, it is their user. */
const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
const atEnd = atEndOfAll();
let scene: Scene;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'proxies-'));
  if (user.uid !== undefined) chownSync(folder, user.uid, user.gid);
  scene = await runningScene({}, {}, atEnd);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function block(page: string, language: string): string {
  const text = readFileSync(join(root, 'docs/how-to/ways-in', page), 'utf8');
  return new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'ms').exec(text)![1]!;
}

/** @throws Error when the page has not what is to be moved */
function moved(text: string, moves: Record<string, string>): string {
  return Object.entries(moves).reduce((now, [from, to]) => {
    if (!now.includes(from)) throw new Error(`the page has no ${from}`);
    return now.replaceAll(from, to);
  }, text);
}

function started(
  program: string,
  args: readonly string[],
  { key = scene.key, ...own }: { key?: string; uid?: number; gid?: number } = {},
): void {
  const env = {
    PATH: `${process.env['PATH']}:/usr/sbin`,
    TOKEN_BROKER_URL: scene.broker.consumers,
    TOKEN_BROKER_KEY: key,
    TOKEN_BROKER_CREDENTIAL: key,
  };
  const child = spawn(program, args, { env, cwd: folder, stdio: 'ignore', ...own });
  onTestFinished(async () => {
    if (child.exitCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  });
}

function write(name: string, content: string): string {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
}

/** An API that accepts some tokens only, and shows what it was sent. */
async function api(
  isAccepted: (token: string) => boolean = () => true,
): Promise<{ seen: string[]; address: string }> {
  const seen: string[] = [];
  const server = createServer(({ headers }, response) => {
    const token = String(headers.authorization);
    seen.push(token);
    response.writeHead(isAccepted(token) ? 200 : 401).end();
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return { seen, address: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** With a credential of the caller's own, which must not reach the API. */
async function call(port: number): Promise<{ status: number; retryAfter: string | null }> {
  const headers = { authorization: 'Bearer of-the-caller' };
  const { status, headers: own } = await fetch(`http://127.0.0.1:${port}/orders`, { headers });
  return { status, retryAfter: own.get('retry-after') };
}

const listens = (port: number) => vi.waitFor(() => call(port), soon);

describe('HAProxy', () => {
  async function haproxy(address: string, key = scene.key): Promise<number> {
    const port = await freePort();
    const lua = write('token-broker.lua', block('haproxy.md', 'lua'));
    const config = moved(block('haproxy.md', 'haproxy'), {
      '/etc/haproxy/token-broker.lua': lua,
      '127.0.0.1:8081': `127.0.0.1:${port}`,
      'api.example:443 ssl verify required ca-file /etc/ssl/certs/ca-certificates.crt sni str(api.example)':
        address,
    });
    started('haproxy', ['-db', '-f', write('haproxy.cfg', config)], { key });
    await listens(port);
    return port;
  }

  it('puts a token in the place of what the caller sends', async () => {
    const { seen, address } = await api();
    const port = await haproxy(address);
    expect((await call(port)).status).toBe(200);
    expect(seen.filter((token) => !token.startsWith('Bearer eyJ'))).toEqual([]);
  });

  it('reports a token that the API refuses, and calls with the next', async () => {
    let first: string | undefined;
    const { seen, address } = await api((token) => token !== (first ??= token));
    const port = await haproxy(address);
    await expect.poll(async () => (await call(port)).status, soon).toBe(200);
    expect(new Set(seen).size).toBe(2);
  });

  it('calls nothing without a token', async () => {
    const { seen, address } = await api();
    const port = await haproxy(address, 'not-a-key');
    expect(await call(port)).toEqual({ status: 503, retryAfter: '1' });
    expect(seen).toEqual([]);
  });
});

describe('Apache', () => {
  const modules = '/usr/lib/apache2/modules';
  const file = () => join(folder, 'token');

  async function apache(address: string): Promise<number> {
    const port = await freePort();
    const [, enabled = ''] = /`a2enmod (.*?)`/.exec(
      readFileSync(join(root, 'docs/how-to/ways-in/apache.md'), 'utf8'),
    )!;
    const names = ['mpm_event', 'authz_core', 'alias', 'proxy', ...enabled.split(' ')];
    const site = moved(block('apache.md', 'apache'), {
      '/run/orders/token': file(),
      '127.0.0.1:8081': `127.0.0.1:${port}`,
      'https://api.example/': `http://${address}/`,
    });
    const config = [
      `ServerRoot ${folder}`,
      `PidFile ${folder}/apache.pid`,
      `ErrorLog ${folder}/error.log`,
      `Mutex file:${folder}`,
      'ServerName localhost',
      ...names.map((name) => `LoadModule ${name}_module ${modules}/mod_${name}.so`),
      site,
    ];
    started('apache2', ['-D', 'FOREGROUND', '-f', write('apache.conf', config.join('\n'))], user);
    await listens(port);
    return port;
  }

  it('puts the token of the file in the place of what the caller sends, and calls nothing without it', async () => {
    const { seen, address } = await api();
    rmSync(file(), { force: true });
    const port = await apache(address);
    expect((await call(port)).status).toBe(503);
    expect(seen).toEqual([]);

    const tool = `exec ${process.execPath} ${join(root, 'dist/broker/main.js')}`;
    const command = moved(block('apache.md', 'sh'), {
      'token-broker token': `${tool} token`,
      'http://token-broker:8080': scene.broker.consumers,
      '/run/orders/token': file(),
    });
    started('sh', ['-euc', command]);
    await expect.poll(() => existsSync(file()), soon).toBe(true);
    if (user.uid !== undefined) chownSync(file(), user.uid, user.gid);
    expect((await call(port)).status).toBe(200);
    expect(seen).toEqual([`Bearer ${readFileSync(file(), 'utf8')}`]);
  });
});
