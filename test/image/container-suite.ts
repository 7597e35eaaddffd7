import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { stringify } from 'yaml';
import { someKey } from '#test/broker-process.js';
import { freePort } from '#test/free-port.js';
import { client, clientSecret, consumer } from '#test/partner.js';
import { runningServer } from '#test/running.js';
import type { ContainerEngine } from './container-engine.js';

const maxBytes = 200_000_000;
const soon = { timeout: 30_000, interval: 250 };
/** What OpenShift and a careful administrator give a container. */
const bounds = ['--read-only', '--user=12345:0', '--cap-drop=ALL', '--security-opt=no-new-privileges'];

/** The image of the broker as an administrator runs it, whatever engine and base it was built by. */
export function containerSuite(engine: ContainerEngine, tag: string): void {
  describe('the image of the broker', () => {
    it('has less than 200 MB', async () => {
      const bytes = Number(await engine.run('image', 'inspect', '--format={{.Size}}', tag));
      expect(bytes).toBeGreaterThan(50_000_000);
      expect(bytes).toBeLessThan(maxBytes);
    });

    it('holds the bundle and one Node.js, but no package, no npm and no shell', async () => {
      const files = await filesIn(engine, tag);
      expect(files).toContain('app/dist/broker/main.js');
      expect(files.filter((file) => /(^|\/)node$/.test(file))).toEqual(['usr/local/bin/node']);
      expect(files.filter((file) => /node_modules|(^|\/)(npm|sh|bash|apt|busybox)$/.test(file))).toEqual([]);
      expect(files.filter((file) => /\.(ts|map)$|start\.js$|dev-authorization/.test(file))).toEqual([]);
    });

    it('names the packages of its libraries for scanners', async () => {
      const files = await filesIn(engine, tag);
      expect(files.filter((file) => file.startsWith('var/lib/dpkg/status.d/'))).toHaveLength(3);
    });
  });

  describe('a container of it, read-only and as a user of any number', () => {
    it('is healthy, serves tokens, and finds no faults in itself', async () => {
      const container = await startedContainer(engine, tag);
      await container.becomesHealthy();
      const response = await container.ask();
      expect([response.status, await response.json()]).toMatchObject([200, { token_type: 'Bearer' }]);
      expect(await container.tool('doctor', container.file)).toMatch(/\b0 faults/);
      expect(await container.tool('check', container.file)).not.toMatch(/fault/);
      expect(await container.tool('--version')).toMatch(/^token-broker \d/);
    });

    it('has a health check that asks where the settings say, and fails where no broker listens', async () => {
      const container = await startedContainer(engine, tag);
      await container.becomesHealthy();
      const elsewhere = container.writeSettings('elsewhere.yaml', await freePort());
      await expect(container.tool('health', '--config', elsewhere)).rejects.toThrow('cannot be reached');
    });

    it('ends by SIGTERM with 0, within the time that the engine gives it', async () => {
      const container = await startedContainer(engine, tag);
      await container.becomesHealthy();
      await engine.run('stop', '--time=15', container.name);
      const state = await engine.run('inspect', '--format={{.State.ExitCode}}', container.name);
      expect([state, await container.log()]).toEqual(['0', expect.stringContaining('"msg":"stopped"')]);
    });

    it('says what is wrong with its settings, and ends with the status of a configuration error', async () => {
      const container = new Container(engine, tag, await freePort());
      container.writeText('settings.yaml', 'clients: [these, are, none]\n');
      await container.start();
      expect(await engine.run('wait', container.name)).toBe('78');
      expect(await container.log()).toContain('/settings/settings.yaml');
    });
  });
}

/** With one client and one consumer, until the test ends. */
export async function startedContainer(
  engine: ContainerEngine,
  tag: string,
  options: readonly string[] = [],
): Promise<Container> {
  const server = await runningServer();
  const container = new Container(engine, tag, await freePort());
  container.writeText('rabot', clientSecret, 0o640);
  container.clients = { rabot: client(server, { clientSecret: { file: '/settings/rabot' } }) };
  container.writeSettings('settings.yaml', await freePort());
  await container.start(options);
  return container;
}

export async function filesIn(engine: ContainerEngine, tag: string): Promise<string[]> {
  const listing = `const { globSync } = require('node:fs');
    console.log(globSync('{app,usr,var,etc,bin,sbin,lib,lib64}/**', { cwd: '/' }).join('\\n'));`;
  const words = ['--rm', '--network=host', ...engine.limits, '--entrypoint=node', tag, '--eval', listing];
  return (await engine.run('run', ...words)).split('\n');
}

class Container {
  readonly name: string;
  readonly file = '/settings/settings.yaml';
  readonly #folder: string;
  readonly #key = someKey();
  clients: object = {};

  constructor(
    private readonly engine: ContainerEngine,
    private readonly tag: string,
    private readonly port: number,
  ) {
    const parent = join(engine.folder, 'settings');
    mkdirSync(parent, { recursive: true });
    this.#folder = mkdtempSync(join(parent, 'of-'));
    // For root's group, which each user of OpenShift is in.
    chmodSync(this.#folder, 0o750);
    this.name = `token-broker-${port}`;
  }

  ask(): Promise<Response> {
    const headers = { authorization: `Bearer ${this.#key.key}` };
    return fetch(`http://127.0.0.1:${this.port}/token`, { headers });
  }

  writeText(name: string, text: string, mode = 0o644): string {
    writeFileSync(join(this.#folder, name), text, { mode });
    return `/settings/${name}`;
  }

  writeSettings(name: string, managementPort: number): string {
    const settings = {
      listen: { host: '127.0.0.1', port: this.port },
      management: { host: '127.0.0.1', port: managementPort },
      clients: this.clients,
      consumers: { 'order-service': consumer(this.#key) },
    };
    return this.writeText(name, stringify(settings));
  }

  /** Until the test ends. */
  async start(options: readonly string[] = []): Promise<void> {
    onTestFinished(async () => void (await this.engine.tries('rm', '--force', this.name)));
    const volume = `--volume=${this.#folder}:/settings:ro`;
    const words = ['--detach', `--name=${this.name}`, '--network=host', volume, ...bounds, ...options];
    await this.engine.run('run', ...words, ...this.engine.limits, this.tag, '--config', this.file);
  }

  /** By the command that the image has as its health check. */
  async becomesHealthy(): Promise<void> {
    const format = '--format={{json .Config.Healthcheck}}';
    const { Test } = JSON.parse(await this.engine.run('inspect', format, this.name)) as { Test: string[] };
    const check = () => this.engine.run('exec', this.name, ...Test.slice(1));
    await vi.waitFor(check, soon).catch(async (error: Error) => {
      throw new Error(`${error.message}\n${await this.log()}`);
    });
  }

  tool(...args: string[]): Promise<string> {
    return this.engine.run('exec', this.name, 'node', 'dist/broker/main.js', ...args);
  }

  async log(): Promise<string> {
    const { stdout, stderr } = await this.engine.outputOf('logs', this.name);
    return stdout + stderr;
  }
}
