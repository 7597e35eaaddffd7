import { execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { freePort } from '#test/free-port.js';
import { ReleasedBuild } from '#test/released-build.js';
import { type Replicas, runningReplicas, shortLived } from '#test/replicas.js';
import { until } from '#test/until.js';
import { programsOf } from '../consumers/page-programs.js';

const shell = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const unit = readFileSync(join(root, 'deploy/systemd/token-broker.service'), 'utf8');
const version = (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version;
const [check = '', upgrade = '', rollBack = ''] = programsOf('how-to/upgrade.md', 'sh').map(
  ({ code }) => code,
);

/** One machine of the page: folders and ports of its own, and a systemctl that restarts what the unit starts. */
class Machine {
  readonly #folder = mkdtempSync(join(tmpdir(), 'machine-'));
  readonly #opt = join(this.#folder, 'opt');

  private constructor(
    readonly port: number,
    private readonly managementPort: number,
  ) {}

  static async with({ settings }: Replicas, builds: Readonly<Record<string, string>>): Promise<Machine> {
    const machine = new Machine(await freePort(), await freePort());
    onTestFinished(() => machine.#remove());
    machine.#install(settings, builds);
    await machine.run(rollBack);
    return machine;
  }

  /** Commands of the page, as they stand there except for what belongs to the machine. */
  async run(commands: string): Promise<string> {
    const here = commands
      .replaceAll('/opt/', `${this.#opt}/`)
      .replaceAll('/etc/', `${this.#folder}/etc/`)
      .replaceAll(':9090', `:${this.managementPort}`);
    const env = { PATH: `${this.#folder}/bin:${process.env['PATH']}`, HOSTNAME: String(this.port) };
    return (await shell('bash', ['-euc', here], { env, timeout: 60_000 })).stdout;
  }

  #install(settings: object, builds: Readonly<Record<string, string>>): void {
    for (const name of ['opt', 'bin', 'etc/token-broker'])
      mkdirSync(join(this.#folder, name), { recursive: true });
    for (const [name, build] of Object.entries(builds)) symlinkSync(build, join(this.#opt, name));
    const at = (port: number) => ({ host: '127.0.0.1', port });
    writeFileSync(
      join(this.#folder, 'etc/token-broker/settings.yaml'),
      stringify({ listen: at(this.port), management: at(this.managementPort), ...settings }),
    );
    const [, start = ''] = /^ExecStart=\S+ (.*)$/m.exec(unit) ?? [];
    const program = start.replace('/opt/', `${this.#opt}/`).replace('/etc/', `${this.#folder}/etc/`);
    const pid = join(this.#folder, 'pid');
    symlinkSync(process.execPath, join(this.#folder, 'bin/node'));
    writeFileSync(
      join(this.#folder, 'bin/systemctl'),
      `#!/bin/sh
[ "$*" = 'restart token-broker' ] || exit 1
if [ -e ${pid} ]; then
  kill "$(cat ${pid})"
  while kill -0 "$(cat ${pid})" 2> /dev/null; do sleep 0.1; done
fi
setsid node ${program} > ${this.#folder}/log 2>&1 < /dev/null &
echo $! > ${pid}
`,
      { mode: 0o755 },
    );
  }

  #remove(): void {
    process.kill(Number(readFileSync(join(this.#folder, 'pid'), 'utf8')), 'SIGKILL');
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Caddy before the machines, with the lines of the page about it. */
async function caddyBefore(machines: readonly Machine[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'caddy-'));
  const url = `http://127.0.0.1:${await freePort()}`;
  const page = readFileSync(join(root, 'docs/how-to/behind-caddy.md'), 'utf8');
  const lines = page.match(/^\t\t(lb|fail)_\w+ .*$/gm)!.join('\n');
  const upstreams = machines.map(({ port }) => `127.0.0.1:${port}`).join(' ');
  const file = join(folder, 'Caddyfile');
  writeFileSync(file, `{\n\tadmin off\n}\n${url} {\n\treverse_proxy ${upstreams} {\n${lines}\n\t}\n}\n`);
  const caddy = spawn('caddy', ['run', '--config', file, '--adapter', 'caddyfile'], {
    env: { PATH: process.env['PATH'], HOME: folder },
    stdio: 'ignore',
  });
  onTestFinished(() => {
    caddy.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  await until(
    () =>
      fetch(url).then(
        () => true,
        () => false,
      ),
    'Caddy answers',
  );
  return url;
}

/** Callers that ask without a pause of more than 20 ms, and remember each answer. */
class Callers {
  readonly answers: { status: number; token: string }[] = [];
  readonly #calls: Promise<void>[];
  #isOver = false;

  constructor(
    private readonly url: string,
    private readonly key: string,
  ) {
    this.#calls = Array.from({ length: 4 }, () => this.#call());
    onTestFinished(async () => void (await this.stop()));
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#calls);
  }

  async #call(): Promise<void> {
    while (!this.#isOver) {
      const headers = { authorization: `Bearer ${this.key}` };
      const answer = await fetch(`${this.url}/token?scopes=a`, { headers }).then(
        async (response) => {
          const { access_token: token } = (await response.json()) as { access_token: string };
          return { status: response.status, token };
        },
        () => ({ status: 0, token: '' }),
      );
      this.answers.push(answer);
      await sleep(20);
    }
  }
}

describe('the commands of docs/how-to/upgrade.md', { timeout: 120_000 }, () => {
  it('upgrade three machines from 0.1.0, and roll them back, without a failed request', async () => {
    const release = new ReleasedBuild();
    onTestFinished(() => release.remove());
    const builds = { 'token-broker-0.1.0': join(release.main, '../../..'), 'token-broker-0.2.0': root };
    const replicas = await runningReplicas({ ...shortLived, count: 0 });
    const machines = await Promise.all(Array.from({ length: 3 }, () => Machine.with(replicas, builds)));
    const callers = new Callers(await caddyBefore(machines), replicas.key);
    await until(async () => callers.answers.length > 20, 'consumers are answered');

    expect(await machines[0]!.run(check)).toContain('is valid');
    for (const machine of machines) expect(await machine.run(upgrade)).toContain(`version="${version}"`);
    const before = replicas.server.counts.total;
    await until(async () => replicas.server.counts.total > before, 'the new version has renewed the token');
    for (const machine of machines) await machine.run(rollBack);
    const after = replicas.server.counts.total;
    await until(async () => replicas.server.counts.total > after, 'the old version has renewed the token');
    await callers.stop();

    expect(callers.answers.filter(({ status }) => status !== 200)).toEqual([]);
    expect(new Set(callers.answers.map(({ token }) => token)).size).toBeGreaterThan(2);
  });
});
