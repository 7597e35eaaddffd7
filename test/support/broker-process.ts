import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { newApiKey } from '#consumers/api-key.js';
import { onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import type { AtEnd } from './at-end.js';
import { MountedFiles } from './mounted-files.js';

type Line = Record<string, unknown>;

const builtMain = fileURLToPath(new URL('../../dist/broker/main.js', import.meta.url));

export interface TokenReply {
  status: number;
  headers: Headers;
  body: Record<string, unknown>;
}

export interface BrokerProcessOptions {
  environment?: NodeJS.ProcessEnv;
  /** When to stop it: by default when the test ends. */
  atEnd?: AtEnd;
  /** Of another build than this one. */
  main?: string;
  /** A command that runs the broker in its place, as `env` does, such as one that sets limits. */
  under?: readonly string[];
}

/** A real broker process on free ports, with its settings in a folder of its own. All tests start theirs by it. */
export class BrokerProcess {
  readonly #process: ChildProcess;
  readonly #closed: Promise<unknown>;
  #stdout = '';
  #stderr = '';
  readonly #lines: Line[] = [];
  /** How many characters of the standard output those are. */
  #parsed = 0;
  #listening: Line | undefined;
  #isClosed = false;
  /** Resolves when there is more to read, or no more will come. */
  #more = Promise.withResolvers<void>();

  private constructor(
    private readonly files: MountedFiles,
    environment: NodeJS.ProcessEnv,
    main: string,
    under: readonly string[],
  ) {
    const [program, ...args] = [...under, process.execPath, main, '--config', files.path('settings.yaml')];
    this.#process = spawn(program as string, args, {
      env: { PATH: process.env['PATH'], ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#closed = once(this.#process, 'close').finally(() => this.#tell({ isClosed: true }));
    this.#process.stdout?.on('data', (chunk: Buffer) => {
      this.#stdout += chunk.toString();
      this.#tell();
    });
    this.#process.stderr?.on('data', (chunk: Buffer) => (this.#stderr += chunk.toString()));
  }

  /** Starts one and waits until it listens. `settings` lack `listen` and `management`: they are filled in. */
  static async start(settings: object, options: BrokerProcessOptions = {}): Promise<BrokerProcess> {
    const broker = BrokerProcess.launch(settings, options);
    await broker.logged((line) => line['msg'] === 'listening');
    return broker;
  }

  /** Starts one and does not wait: for settings that it must refuse. */
  static launch(
    settings: object | string,
    { environment = {}, atEnd = onTestFinished, main = builtMain, under = [] }: BrokerProcessOptions = {},
  ): BrokerProcess {
    const files = new MountedFiles({ 'settings.yaml': yamlOf(settings) });
    const broker = new BrokerProcess(files, environment, main, under);
    atEnd(() => broker.stop());
    return broker;
  }

  /** Puts another version of the settings in place, at once. */
  rewrite(settings: object | string): void {
    this.files.replace({ 'settings.yaml': yamlOf(settings) });
  }

  get folder(): string {
    return this.files.folder;
  }

  get consumers(): string {
    return this.#listensAt('consumers');
  }

  get management(): string {
    return this.#listensAt('management');
  }

  /** All that it has written to the standard output and error. */
  get output(): string {
    return this.#stdout + this.#stderr;
  }

  get errorOutput(): string {
    return this.#stderr;
  }

  /** Of the log so far. Each is parsed once: under load there are thousands of them. */
  get lines(): readonly Line[] {
    const end = this.#stdout.lastIndexOf('\n') + 1;
    const more = this.#stdout.slice(this.#parsed, end).split('\n').slice(0, -1);
    for (const line of more) this.#lines.push(JSON.parse(line) as Line);
    this.#parsed = end;
    return this.#lines;
  }

  /** Waits for a log line. */
  async logged(matches: (line: Line) => boolean): Promise<Line> {
    for (;;) {
      const line = this.lines.find(matches);
      if (line !== undefined) return line;
      if (this.#isClosed) throw new Error(`the broker ended: ${this.output}`);
      await this.#more.promise;
    }
  }

  async get(path: string, key: string): Promise<TokenReply> {
    return reply(await fetch(`${this.consumers}${path}`, { headers: { authorization: `Bearer ${key}` } }));
  }

  async reject(body: object, key: string): Promise<TokenReply> {
    const response = await fetch(`${this.consumers}/token/rejected`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return reply(response);
  }

  async metrics(headers: Record<string, string> = {}): Promise<string> {
    return (await fetch(`${this.management}/metrics`, { headers })).text();
  }

  get pid(): number {
    return this.#process.pid!;
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** Its exit status, once it has ended and all that it wrote has been read. */
  async exited(): Promise<number | null> {
    await this.#closed;
    return this.#process.exitCode;
  }

  async stop(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.exited();
    this.files.remove();
  }

  #tell({ isClosed = false } = {}): void {
    const { resolve } = this.#more;
    this.#more = Promise.withResolvers();
    this.#isClosed ||= isClosed;
    resolve();
  }

  #listensAt(side: string): string {
    this.#listening ??= this.lines.find((line) => line['msg'] === 'listening');
    return String(this.#listening?.[side]);
  }
}

/** A consumer's API key and the hash that the settings hold. */
export function someKey(): { key: string; hash: string } {
  const { key, hash } = newApiKey();
  return { key: key.reveal(), hash };
}

function yamlOf(settings: object | string): string {
  if (typeof settings === 'string') return settings;
  const local = { host: '127.0.0.1', port: 0 };
  return stringify({ listen: local, management: local, ...settings });
}

async function reply(response: Response): Promise<TokenReply> {
  const { status, headers } = response;
  return { status, headers, body: (await response.json()) as Record<string, unknown> };
}
