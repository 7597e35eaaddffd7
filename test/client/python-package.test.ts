import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { python } from '#test/programs.js';
import { runningScene } from '#test/running.js';

const root = join(import.meta.dirname, '../../clients/python');
const environment = {
  PYTHONPATH: join(root, 'src'),
  PYTHONDONTWRITEBYTECODE: '1',
  PATH: process.env['PATH'],
};
const shell = promisify(execFile);

it('the Python package passes its own tests', { timeout: 120_000 }, async () => {
  const args = [
    '-W',
    'error::SyntaxWarning',
    '-m',
    'unittest',
    'discover',
    '--start-directory',
    join(root, 'tests'),
  ];
  const { stderr } = await shell(python, args, { env: environment });
  expect(stderr).toMatch(/Ran \d\d tests.*\n\nOK\n/s);
});

it('the Python package gets tokens of a real broker, and its refusals', { timeout: 60_000 }, async () => {
  const { broker, key } = await runningScene();
  const program = `
import os
from token_broker import TokenBrokerClient, TokenBrokerError
broker = TokenBrokerClient(os.environ["URL"], lambda: os.environ["KEY"])
token = broker.token("create:orders api:partner")
print(token, token.scope)
for act in [lambda: broker.token("other"), lambda: broker.rejected(token, "create:orders api:partner")]:
    try:
        act()
    except TokenBrokerError as error:
        print(error.code, error.is_transient)
`;
  const { stdout } = await shell(python, ['-c', program], {
    env: { ...environment, URL: broker.consumers, KEY: key },
  });
  expect(stdout).toBe('[redacted] api:partner create:orders\naccess_denied False\nslow_down True\n');
});

it('the programs of the Python README run as they stand there', { timeout: 60_000 }, async () => {
  const { broker, key, server } = await runningScene();
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const programs = [...readme.matchAll(/^```python\n(.*?)^```$/gms)].map(([, code]) => code!);
  const folder = mkdtempSync(join(tmpdir(), 'python-readme-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'key'), key);
  const program = programs
    .join('\n')
    .replace('http://token-broker:8080', broker.consumers)
    .replace('/var/run/secrets/token-broker/key', join(folder, 'key'))
    .concat(`print(session.get("${server.url}/partner/v1/orders").status_code)`);
  const { stdout } = await shell(python, ['-c', program], { env: environment });
  expect(programs).toHaveLength(2);
  expect(stdout).toBe('api:partner create:orders\n200\n');
});
