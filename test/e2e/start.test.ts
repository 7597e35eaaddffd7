import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';

const built = (file: string) => fileURLToPath(new URL(`../../dist/broker/${file}`, import.meta.url));
const anyPorts = {
  TOKEN_BROKER_PORT: '0',
  TOKEN_BROKER_MANAGEMENT_PORT: '0',
  DEV_AUTHORIZATION_SERVER_PORT: '0',
};
const shell = promisify(execFile);

let started: ChildProcess | undefined;
afterEach(async () => {
  if (started?.exitCode !== null || !started.kill('SIGKILL')) return;
  await once(started, 'exit');
});

describe('npm start', () => {
  it('prints a curl line that gets a token when pasted, and ends with all it started', async () => {
    started = spawn(process.execPath, [built('start.js')], {
      env: { PATH: process.env['PATH'], ...anyPorts },
    });
    let printed = '';
    started.stdout?.on('data', (chunk: Buffer) => (printed += chunk.toString()));
    const curl = /^ {2}(curl .*)\n/m;
    while (!curl.test(printed)) await once(started.stdout!, 'data');

    const { stdout } = await shell('/bin/sh', ['-c', curl.exec(printed)![1]!]);
    expect(JSON.parse(stdout)).toMatchObject({
      access_token: expect.stringMatching(/^eyJ/),
      token_type: 'Bearer',
      scope: 'api:partner create:orders',
    });

    const server = new URL(
      JSON.parse(Buffer.from(JSON.parse(stdout).access_token.split('.')[1], 'base64url').toString()).iss,
    );
    started.kill('SIGTERM');
    expect(await once(started, 'exit')).toEqual([0, null]);
    await expect
      .poll(() =>
        fetch(server).then(
          () => 'up',
          () => 'down',
        ),
      )
      .toBe('down');
  });
});

describe('npm run key', () => {
  it('prints a key and the hash of it for the settings', async () => {
    const { stdout } = await shell(process.execPath, [built('main.js'), 'key']);
    expect(stdout).toMatch(/tbk_[\w-]{43}/);
    expect(stdout).toMatch(/sha256:[0-9a-f]{64}/);
  });
});
