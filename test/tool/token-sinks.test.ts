import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { SettingsFolder } from '#test/settings-folder.js';
import { toolProcess } from './tool-run.js';

const main = fileURLToPath(new URL('../../dist/broker/main.js', import.meta.url));
const patience = { timeout: 60_000 };
const environment = { TOKEN_BROKER_CREDENTIAL: 'tbk_not-a-real-key' };

let folder: SettingsFolder;
let url: string;
/** What the broker answers next. */
let answer: (response: ServerResponse, count: number) => void;
let count = 0;
const server = createServer((_, response) => answer(response, ++count));

beforeAll(async () => {
  folder = new SettingsFolder();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
  folder.remove();
});
beforeEach(() => {
  count = 0;
  answer = token;
});

function token(response: ServerResponse, number: number): void {
  const body = {
    access_token: `not-a-real-token-${number}`,
    token_type: 'Bearer',
    scope: 'api',
    expires_in: 60,
  };
  response.end(JSON.stringify({ ...body, refresh_in: 1 }));
}

function refusal(status: number, error: string) {
  return (response: ServerResponse) =>
    response.writeHead(status).end(JSON.stringify({ error, error_description: 'not now' }));
}

function keeping(file: string, ...options: string[]) {
  const child = spawn(process.execPath, [main, 'token', '--url', url, '--write', file, ...options], {
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

/** Resolves when the stream has had so many lines. */
async function lines(stream: NodeJS.ReadableStream, number: number): Promise<void> {
  for (let seen = 0; seen < number;) {
    const [chunk] = (await once(stream, 'data')) as [Buffer];
    seen += chunk.toString().split('\n').length - 1;
  }
}

describe('token --exec-credential', patience, () => {
  it.each([
    [undefined, 'client.authentication.k8s.io/v1'],
    ['{"apiVersion":"client.authentication.k8s.io/v1beta1"}', 'client.authentication.k8s.io/v1beta1'],
    ['{"apiVersion":"something/else"}', 'client.authentication.k8s.io/v1'],
  ])('answers client-go that says %s in version %s', async (info, apiVersion) => {
    const run = await toolProcess(['token', '--url', url, '--exec-credential'], {
      ...environment,
      ...(info && { KUBERNETES_EXEC_INFO: info }),
    });
    expect(run).toMatchObject({ status: 0, stderr: '' });
    expect(JSON.parse(run.stdout)).toEqual({
      apiVersion,
      kind: 'ExecCredential',
      status: {
        token: 'not-a-real-token-1',
        expirationTimestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      },
    });
  });

  it('prints nothing but the reason, on the other stream, when it is refused', async () => {
    answer = refusal(403, 'access_denied');
    const run = await toolProcess(['token', '--url', url, '--exec-credential'], environment);
    expect(run).toMatchObject({ status: 1, stdout: '', stderr: expect.stringContaining('access_denied') });
  });

  it('is not for two forms at once, and --once not without --write', async () => {
    const run = await toolProcess(['token', '--url', url, '--exec-credential', '--plain'], environment);
    expect(run).toMatchObject({ status: 64, stderr: expect.stringContaining('choose one of') });
    const alone = await toolProcess(['token', '--url', url, '--once'], environment);
    expect(alone).toMatchObject({ status: 64, stderr: expect.stringContaining('--write FILE') });
  });
});

it('token --plain prints a token response with the instant of its end', patience, async () => {
  const run = await toolProcess(['token', '--url', url, '--plain'], environment);
  const { expires_at: end, ...rest } = JSON.parse(run.stdout) as { expires_at: string };
  expect(rest).toEqual({
    access_token: 'not-a-real-token-1',
    token_type: 'Bearer',
    expires_in: 60,
    scope: 'api',
  });
  expect(Date.parse(end)).toBeGreaterThan(Date.now());
});

describe('token --write', patience, () => {
  it('writes a file that only its owner reads, and again ahead of the expiry, until it is stopped', async () => {
    const file = join(folder.path, 'token');
    const child = keeping(file);
    await lines(child.stdout, 1);
    expect(readFileSync(file, 'utf8')).toBe('not-a-real-token-1');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    await lines(child.stdout, 1);
    expect(readFileSync(file, 'utf8')).toBe('not-a-real-token-2');
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(readdirSync(folder.path).filter((name) => name.startsWith('.token'))).toEqual([]);
  });

  it('keeps the last token while the broker has none, and says so', async () => {
    const file = join(folder.path, 'kept');
    answer = (response, number) =>
      number === 2 ? refusal(503, 'temporarily_unavailable')(response) : token(response, number);
    const child = keeping(file);
    await lines(child.stdout, 1);
    await lines(child.stderr, 1);
    expect(readFileSync(file, 'utf8')).toBe('not-a-real-token-1');
    await lines(child.stdout, 1);
    expect(readFileSync(file, 'utf8')).toBe('not-a-real-token-3');
    child.kill('SIGINT');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('ends with 1 at a refusal from the start', async () => {
    answer = refusal(401, 'invalid_client');
    const child = keeping(join(folder.path, 'never'));
    expect(await once(child, 'exit')).toEqual([1, null]);
  });

  it('--once writes one form once, over what was there', async () => {
    const file = folder.write('once', 'an older and longer content than the token');
    const run = await toolProcess(['token', '--url', url, '--write', file, '--once', '--plain'], environment);
    expect(run).toMatchObject({ status: 0, stderr: '' });
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ access_token: 'not-a-real-token-1' });
  });

  it('ends with 64 where it cannot write, and leaves nothing behind', async () => {
    const run = await toolProcess(
      ['token', '--url', url, '--write', '/nowhere/token', '--once'],
      environment,
    );
    expect(run).toMatchObject({ status: 64, stderr: expect.stringContaining('cannot be written (ENOENT)') });
    const directory = join(folder.path, 'directory');
    mkdirSync(directory);
    expect(
      await toolProcess(['token', '--url', url, '--write', directory, '--once'], environment),
    ).toMatchObject({
      status: 64,
    });
    expect(readdirSync(folder.path).filter((name) => name.startsWith('.directory'))).toEqual([]);
  });
});
