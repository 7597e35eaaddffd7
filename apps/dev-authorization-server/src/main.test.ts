import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Agent, request } from 'undici';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { someServer } from '../test/some-server.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dev-authorization-server-'));
  await build({
    configFile: false,
    logLevel: 'silent',
    ssr: { noExternal: true },
    build: {
      ssr: join(import.meta.dirname, 'main.ts'),
      outDir: folder,
      target: 'node22',
      rolldownOptions: { output: { entryFileNames: 'main.mjs' } },
    },
  });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function start(env: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, [join(folder, 'main.mjs')], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return { child, stderr: text(child.stderr), ended: exitCode(child) };
}

async function exitCode(child: ChildProcess): Promise<unknown> {
  return (await once(child, 'exit'))[0];
}

async function statusOf(url: string, ca?: string): Promise<number> {
  const dispatcher = new Agent({ connect: ca === undefined ? {} : { ca } });
  onTestFinished(() => dispatcher.close());
  const { statusCode, body } = await request(url, { dispatcher });
  await body.dump();
  return statusCode;
}

const DEV_CLIENT_SECRET = 'not-a-real-secret';

describe('main', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'prints where it listens, serves, and stops on %s',
    async (signal) => {
      const { child, ended } = start({ DEV_CLIENT_SECRET, DEV_AUTHORIZATION_SERVER_PORT: '0' });
      const [line] = (await once(child.stdout, 'data')) as [Buffer];
      const { listening } = JSON.parse(line.toString()) as { listening: string };
      const form = { grant_type: 'client_credentials', client_id: 'hems', client_secret: DEV_CLIENT_SECRET };
      const body = new URLSearchParams(form);
      expect((await fetch(`${listening}/connect/token`, { method: 'POST', body })).status).toBe(200);
      expect((await fetch(`${listening}/control`)).status).toBe(404);
      child.kill(signal);
      expect(await ended).toBe(0);
    },
  );

  it('speaks https with a self-signed certificate, which it writes for its clients', async () => {
    const DEV_TLS_DIRECTORY = await mkdtemp(join(tmpdir(), 'dev-authorization-server-tls-'));
    onTestFinished(() => rm(DEV_TLS_DIRECTORY, { recursive: true }));
    const env = { DEV_CLIENT_SECRET, DEV_TLS_DIRECTORY, DEV_AUTHORIZATION_SERVER_PORT: '0' };
    const { child } = start({ ...env, DEV_AUTHORIZATION_SERVER_HOST: '0.0.0.0' });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const { listening } = JSON.parse(line.toString()) as { listening: string };
    expect(listening).toMatch(/^https:\/\/localhost:\d+$/);
    expect(await readdir(DEV_TLS_DIRECTORY)).toEqual(['authorization-server.pem']);
    const ca = await readFile(join(DEV_TLS_DIRECTORY, 'authorization-server.pem'), 'utf8');
    expect(ca).not.toContain('PRIVATE KEY');
    expect(await statusOf(`${listening}/.well-known/jwks.json`, ca)).toBe(200);
    await expect(statusOf(`${listening}/.well-known/jwks.json`)).rejects.toThrow('self-signed certificate');
    await expect(statusOf(listening.replace('localhost', '127.0.0.1'), ca)).rejects.toThrow(
      'not in the cert',
    );
  });

  it('exits with 78 and says what is missing', async () => {
    const { stderr, ended } = start({});
    expect(await ended).toBe(78);
    expect(await stderr).toMatch(/^DEV_CLIENT_SECRET: [^\n]*\n$/);
  });

  it('exits with 1 and one line when the port is in use', async () => {
    const { port } = new URL((await someServer()).url);
    const { stderr, ended } = start({ DEV_CLIENT_SECRET, DEV_AUTHORIZATION_SERVER_PORT: port });
    expect(await ended).toBe(1);
    expect(await stderr).toMatch(/^listen EADDRINUSE[^\n]*\n$/);
  });
});
