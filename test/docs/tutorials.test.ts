import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { freePort } from '#test/free-port.js';
import { programsOf } from '../consumers/page-programs.js';

const root = join(import.meta.dirname, '../..');
const pages = [
  'tutorials/first-client',
  'tutorials/first-consumer',
  'tutorials/rotate-a-secret',
  'tutorials/many-replicas',
  'how-to/behind-caddy',
];
const ports = '8080 9090 8070 6379 8081 9091 8082 9092 8443 8451 9451 8452 9452 8453 9453'.split(' ');

/** Of a person who has the checkout: five minutes for the first two tutorials. */
const fiveMinutes = 300_000;

/** The commands of the pages as they stand there, except for ports that others may use. */
async function commandsOf(): Promise<string> {
  const free = new Map<string, string>();
  for (const port of ports) free.set(port, String(await freePort()));
  return pages
    .flatMap((name) => [`echo; echo '== ${name}'`, ...programsOf(`${name}.md`, 'sh').map(({ code }) => code)])
    .join('\n')
    .replaceAll(/(?<=[ :=])(\d{4})(?=[ /?"};\n]|$)/g, (port: string) => free.get(port) ?? port);
}

/** Runs a script in the checkout with this home, and ends all that it started. */
async function run(script: string, home: string): Promise<{ output: string; status: number | null }> {
  const file = join(home, 'tutorials.sh');
  writeFileSync(file, script);
  const shell = spawn('bash', ['-eu', file], {
    cwd: root,
    env: { PATH: process.env['PATH'], HOME: home },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  onTestFinished(() => void process.kill(-shell.pid!, 'SIGKILL'));
  let output = '';
  for (const stream of [shell.stdout, shell.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [status] = (await once(shell, 'exit')) as [number | null];
  return { output, status };
}

describe('the tutorials, and the how-to that continues them', { timeout: fiveMinutes }, () => {
  it('lead from nothing to three replicas with TLS behind Caddy, command by command as they stand there', async () => {
    // The build of this run: one of its own would take the files away from other tests.
    utimesSync(join(root, 'dist/build.tsbuildinfo'), new Date(), new Date());
    const home = mkdtempSync(join(tmpdir(), 'tutorials-'));
    onTestFinished(() => rmSync(home, { recursive: true, force: true }));
    const { output, status } = await run(await commandsOf(), home);
    expect({ status, output }).toMatchObject({ status: 0 });
    const [, client = '', consumer = '', secret = '', replicas = '', caddy = ''] = output.split(/^== .*$/m);
    const tokensIn = (text: string) =>
      [...text.matchAll(/"access_token":"([^"]+)"/g)].map(([, token]) => token);
    expect(client).toContain('settings.yaml is valid');
    expect(tokensIn(client)).toHaveLength(2);
    expect(new Set(tokensIn(client)).size).toBe(1);
    expect(tokensIn(consumer)).toHaveLength(1);
    expect(consumer).toContain('"error":"access_denied"');
    expect(consumer).toContain('not allowed');
    expect(tokensIn(secret)).toHaveLength(1);
    expect(tokensIn(replicas)).toHaveLength(2);
    expect(new Set(tokensIn(replicas)).size).toBe(1);
    expect(tokensIn(caddy)).toEqual([tokensIn(replicas)[0]]);
    expect(caddy.match(/^ *\d+ \d{3}$/gm)).toEqual([expect.stringMatching(/^ *\d{2,} 200$/)]);
  });
});
