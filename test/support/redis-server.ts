import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis, type RedisOptions } from 'ioredis';
import { freePort } from './free-port.js';
import { type RedisSettings, configuration } from './redis-configuration.js';

const running = new Set<ChildProcess>();
process.once('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/** A real Redis server on 127.0.0.1, in a folder of its own, which keeps nothing on disk. */
export class RedisServer {
  #process: ChildProcess | undefined;
  #client: Redis | undefined;
  readonly #folder = mkdtempSync(join(tmpdir(), 'token-broker-redis-'));

  private constructor(
    readonly port: number,
    private readonly settings: RedisSettings,
  ) {}

  static async start(settings: RedisSettings = {}): Promise<RedisServer> {
    const server = new RedisServer(settings.port ?? (await freePort()), settings);
    try {
      await server.#launch();
      return server;
    } catch (error) {
      await server.stop();
      if (settings.port !== undefined || !String(error).includes('Address already in use')) throw error;
      return RedisServer.start(settings);
    }
  }

  get url(): string {
    const { tls, password } = this.settings;
    return `${tls ? 'rediss' : 'redis'}://${password ? `:${password}@` : ''}127.0.0.1:${this.port}/0`;
  }

  get pid(): number {
    return this.#process!.pid!;
  }

  /** Runs a command over a connection of its own. Replies are those of ioredis. */
  command(name: string, ...args: (string | number)[]): Promise<unknown> {
    return this.client.call(name, ...args);
  }

  /** How often each command was run since the start or `CONFIG RESETSTAT`, those within scripts included. */
  async commandCounts(): Promise<Record<string, number>> {
    const lines = String(await this.command('INFO', 'commandstats')).matchAll(/cmdstat_(\S+?):calls=(\d+)/g);
    return Object.fromEntries([...lines].map(([, name, calls]) => [name!, Number(calls)]));
  }

  /** A connection for the test's own commands. */
  get client(): Redis {
    const { tls, password, client } = this.settings;
    const options: RedisOptions = { port: this.port, host: '127.0.0.1', retryStrategy: () => 20 };
    this.#client ??= new Redis({
      ...options,
      ...(tls && { tls: { ca: tls.ca, ...client } }),
      ...(password !== undefined && { password }),
    }).on('error', () => {});
    return this.#client;
  }

  /** SIGSTOP freezes it, SIGCONT thaws it; after SIGKILL it may be restarted. */
  async kill(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    if (signal !== 'SIGSTOP' && signal !== 'SIGCONT') await once(child, 'exit');
  }

  /** On the same port, empty. */
  async restart(): Promise<void> {
    await this.kill('SIGKILL');
    await this.#launch();
  }

  /** That in which it would save: it keeps running, without a disk to save to. */
  removeFolder(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async stop(): Promise<void> {
    this.#client?.disconnect();
    await this.kill('SIGKILL');
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #launch(): Promise<void> {
    const { program = 'redis-server', environment } = this.settings;
    const file = join(this.#folder, 'redis.conf');
    writeFileSync(file, configuration(this.settings, this.port, this.#folder));
    const child = spawn(program, [file], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...environment },
    });
    this.#process = child;
    running.add(child);
    child.once('exit', () => running.delete(child));
    let output = '';
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) {
      output += String(chunk);
      if (/Ready to accept connections|Sentinel ID is/.test(output)) return void child.stdout.resume();
    }
    throw new Error(`${program} ended: ${output}`);
  }
}

export const startRedis = (settings?: RedisSettings): Promise<RedisServer> => RedisServer.start(settings);
