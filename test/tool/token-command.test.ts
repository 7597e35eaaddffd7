import { atEndOfAll } from '#test/at-end.js';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { freePort } from '#test/free-port.js';
import { runningScene, type Scene } from '#test/running.js';
import { SettingsFolder } from '#test/settings-folder.js';
import { toolProcess } from './tool-run.js';

const credential = (key: string) => ({ TOKEN_BROKER_CREDENTIAL: key });

// A start of the broker and some of the tool: seconds, on a machine that has others to serve.
const patience = { timeout: 60_000 };

describe('token', patience, () => {
  const atEnd = atEndOfAll();
  let scene: Scene;

  beforeAll(async () => {
    scene = await runningScene({}, {}, atEnd);
  }, patience.timeout);

  it('shows what is in a token, and the token itself when it is to reveal it only', async () => {
    const { broker, key } = scene;
    const asked = ['token', '--url', broker.consumers, '--scopes', 'create:orders', '--client', 'rabot'];

    const shown = await toolProcess(asked, credential(key));
    const revealed = await toolProcess([...asked, '--reveal'], credential(key));

    expect(shown).toMatchObject({ status: 0, stderr: '' });
    expect(shown.stdout).toMatch(/scope: +api:partner create:orders\nexpires in: +\d+ s/);
    expect(shown.stdout).toMatch(/JWT, not verified: \{"alg":"ES256"/);
    expect(shown.stdout).toMatch(/\n {2}exp +\d+ {2}\(\d{4}-.*Z, in \d+ s\)\n/);
    expect(shown.stdout).not.toMatch(/eyJ/);
    expect(shown.stdout).not.toContain(key);
    expect(revealed.stdout).toMatch(/\neyJ[\w-]+\.[\w-]+\.[\w-]+\n$/);
  });

  it('takes the credential from a file, and prints JSON', async () => {
    const { broker, key } = scene;
    const folder = new SettingsFolder();
    onTestFinished(() => folder.remove());
    const file = folder.write('credential', `${key}\n`);

    const run = await toolProcess([
      'token',
      '--url',
      `${broker.consumers}/`,
      '--credential-file',
      file,
      '--json',
    ]);

    expect(JSON.parse(run.stdout)).toMatchObject({
      status: 200,
      verified: false,
      claims: { client_id: 'whitelabel' },
    });
    expect(run.stdout).not.toMatch(/eyJ/);
  });

  it('tells min_ttl beyond reach', async () => {
    const { broker, key } = scene;
    const run = await toolProcess(['token', '--url', broker.consumers, '--min-ttl', '9000'], credential(key));
    expect(run).toMatchObject({
      status: 1,
      stdout: expect.stringMatching(/HTTP 400, invalid_request\n.*min_ttl/),
    });
  });

  it('ends with 1 when the broker refuses, in its words', async () => {
    const { broker, key, server } = scene;
    const ask = (environment: NodeJS.ProcessEnv, ...args: string[]) =>
      toolProcess(['token', '--url', broker.consumers, ...args], environment);

    const stranger = await ask(credential('tbk_not-a-real-key'));
    const forbidden = await ask(credential(key), '--scopes', 'role:application');
    server.misbehave({ answer: { error: 'invalid_client' } });
    onTestFinished(() => server.reset());
    const refused = await ask(credential(key), '--scopes', 'api:partner', '--json');

    expect(stranger).toMatchObject({
      status: 1,
      stdout: expect.stringMatching(/^refused: HTTP 401, invalid_client/),
    });
    expect(stranger.stdout + stranger.stderr).not.toContain('tbk_');
    expect(forbidden).toMatchObject({
      status: 1,
      stdout: expect.stringMatching(/HTTP 403, access_denied\n.*role:application/),
    });
    expect(refused.status).toBe(1);
    expect(JSON.parse(refused.stdout)).toMatchObject({ status: 502, upstreamError: 'invalid_client' });
  });

  it('ends with 69 when there is no broker', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const run = await toolProcess(['token', '--url', url], credential('tbk_not-a-real-key'));
    expect(run).toEqual({ status: 69, stdout: '', stderr: `${url} cannot be reached (ECONNREFUSED)\n` });
  });

  it('follows no redirect, so that the credential goes nowhere else', async () => {
    let asked = 0;
    const elsewhere = createServer((_, response) => {
      asked += 1;
      response.writeHead(302, { location: '/away' }).end('<html>');
    }).listen(0, '127.0.0.1');
    await once(elsewhere, 'listening');
    onTestFinished(() => void elsewhere.close());
    const { port } = elsewhere.address() as AddressInfo;
    const run = await toolProcess(
      ['token', '--url', `http://127.0.0.1:${port}`],
      credential('tbk_not-a-real-key'),
    );
    expect(run).toMatchObject({
      status: 1,
      stdout: expect.stringMatching(/HTTP 302, not a response of a token broker/),
    });
    expect(asked).toBe(1);
  });
});
