import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { freePort } from '#test/free-port.js';
import { SettingsFolder, someSettings } from '#test/settings-folder.js';
import { until } from '#test/until.js';
import packageJson from '../../package.json' with { type: 'json' };
import { toolProcess, toolRun } from './tool-run.js';

const patience = { timeout: 60_000 };
const main = join(import.meta.dirname, '../../dist/broker/main.js');

/** Runs the build as if by another version of Node.js: only the version that a program sees is another. */
function runBy(version: string): Promise<{ code: number; stdout: string; stderr: string }> {
  const fake = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } })`;
  const { promise, resolve } = Promise.withResolvers<{ code: number; stdout: string; stderr: string }>();
  const preload = `data:text/javascript,${encodeURIComponent(fake)}`;
  execFile(process.execPath, ['--import', preload, main, '--version'], (error, stdout, stderr) =>
    resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
  );
  return promise;
}

it.each(['16.20.2', '20.20.2', '22.18.0'])(
  'Node.js %s is refused in one line that names the version needed',
  patience,
  async (version) => {
    const { code, stdout, stderr } = await runBy(version);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^the token broker needs Node\.js 22\.19 or newer; this is .*\n$/);
  },
);

it.each(['22.19.0', '23.0.0', '26.1.0'])('Node.js %s is not refused', patience, async (version) => {
  expect(await runBy(version)).toMatchObject({ code: 0, stderr: '' });
});

it('the version needed is the one of package.json, and nothing is imported before it is checked', () => {
  expect(packageJson.engines.node).toBe('>=22.19');
  const imports = [...readFileSync(main, 'utf8').matchAll(/\bimport\b(?!\()[^;]*?["']([^"']+)["']/g)];
  // What the bundler adds to each file is plain.
  expect(imports.map(([, file]) => file)).toEqual(['./rolldown-runtime.js']);
});

it('--version prints the version of the broker and of Node.js', patience, async () => {
  expect(await toolProcess(['--version'])).toEqual({
    status: 0,
    stdout: `token-broker ${packageJson.version} (Node.js ${process.version})\n`,
    stderr: '',
  });
});

it.each([[[]], [['--confg', 'x.yaml']], [['--config']], [['--config', 'x.yaml', 'y.yaml']], [['--config=']]])(
  'the command line %j ends with 64 and says what to write',
  patience,
  async (args) => {
    const run = await toolProcess(args);
    expect(run).toMatchObject({ status: 64, stdout: '' });
    expect(run.stderr).toMatch(/--config/);
  },
);

it.each([[['--config']], [['check']], [['doctor']]])(
  'NODE_TLS_REJECT_UNAUTHORIZED=0 is refused by %j',
  patience,
  async (args) => {
    const folder = new SettingsFolder();
    onTestFinished(() => folder.remove());
    const file = folder.write('settings.yaml', someSettings());
    const run = await toolProcess([...args, file], { NODE_TLS_REJECT_UNAUTHORIZED: '0' });
    expect(run).toMatchObject({ status: 78, stdout: '' });
    expect(run.stderr).toMatch(/^NODE_TLS_REJECT_UNAUTHORIZED: must not be 0/);
  },
);

async function managementOf(status: number): Promise<string> {
  const server = createServer((request, response) =>
    response.writeHead(request.url === '/readyz' ? status : 404).end(),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const folder = new SettingsFolder();
  onTestFinished(() => folder.remove());
  const { port } = server.address() as AddressInfo;
  const management = { host: '0.0.0.0', port: '${PORT}' };
  // Faults elsewhere do not matter: the broker may still run with the version before.
  const file = folder.write('settings.yaml', someSettings({ timeout: 'broken' }, {}, { management }));
  return `${file} ${port}`;
}

it.each([
  [200, 0],
  [503, 1],
])('health asks the management port of the settings: HTTP %i is %i', async (answer, status) => {
  const [file = '', PORT] = (await managementOf(answer)).split(' ');
  expect(await toolRun(['health', '--config', file], { PORT })).toMatchObject({ status, stderr: '' });
  expect(await toolRun(['health'], { PORT, TOKEN_BROKER_CONFIG: file })).toMatchObject({ status });
});

it.each([
  ['is no YAML', () => 'clients: ['],
  ['has no port', () => JSON.stringify({ management: { port: 'x' } })],
  ['is empty', () => ''],
])('health is 0 while the file on disk %s, and the broker that refused it is fine', async (_, broken) => {
  const local = { host: '127.0.0.1', port: await freePort() };
  const folder = new SettingsFolder();
  onTestFinished(() => folder.remove());
  const listen = { host: '127.0.0.1', port: await freePort() };
  const file = folder.write('settings.yaml', someSettings({}, {}, { management: local, listen }));
  const broker = spawn(process.execPath, [main, '--config', file], { stdio: 'ignore' });
  onTestFinished(() => void broker.kill('SIGKILL'));
  const isReady = async () => (await fetch(`http://127.0.0.1:${local.port}/readyz`)).status === 200;
  await until(isReady, 'it is ready');
  folder.write('settings.yaml', broken());
  expect(await toolRun(['health', '--config', file])).toMatchObject({
    status: 0,
    stdout: `http://127.0.0.1:${local.port}/readyz is ready, but the settings on disk are invalid; run check\n`,
  });
  const { stdout } = await toolRun(['health', '--config', file, '--json']);
  expect(JSON.parse(stdout)).toMatchObject({ command: 'health', ok: true, warnings: [expect.any(String)] });
  broker.kill('SIGKILL');
  await once(broker, 'exit');
  expect(await toolRun(['health', '--config', file])).toMatchObject({ status: 78 });
});

it('health is 1 when nothing listens, and 78 when the settings do not say where', async () => {
  const folder = new SettingsFolder();
  onTestFinished(() => folder.remove());
  const at = (management: object) => folder.write('settings.yaml', someSettings({}, {}, { management }));
  expect(await toolRun(['health', at({ host: '127.0.0.1', port: 1 })])).toMatchObject({
    status: 1,
    stderr: 'http://127.0.0.1:1/readyz cannot be reached\n',
  });
  expect(await toolRun(['health', at({ port: 'x' })])).toMatchObject({
    status: 78,
    stderr: expect.stringMatching(
      /settings\.yaml:1:\d+: management\.port: must be a whole number from 0 to 65535, not x\n$/,
    ),
  });
});
