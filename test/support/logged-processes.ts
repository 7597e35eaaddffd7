import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { until } from './until.js';

/** Begins with the Node.js that the tests run by. */
export const searchPath = `${dirname(process.execPath)}:${process.env['PATH']}`;

/** Processes by their names, with a folder for what they write. */
export class LoggedProcesses {
  readonly folder = mkdtempSync(join(tmpdir(), 'token-broker-processes-'));
  readonly #processes = new Map<string, ChildProcess>();

  /** Its output goes into a file: /dev/stdout cannot be opened when it is one of the sockets that Node.js has for pipes. */
  run(name: string, [program = '', ...args]: readonly string[], environment: object = {}): void {
    const log = openSync(this.#log(name), 'w');
    const env = { PATH: searchPath, ...environment };
    this.#processes.set(name, spawn(program, args, { env, stdio: ['ignore', log, log] }));
  }

  pid(name: string): number {
    return this.#processes.get(name)!.pid!;
  }

  output(name: string): string {
    return readFileSync(this.#log(name), 'utf8');
  }

  /** Waits until it has written this. */
  async wrote(name: string, pattern: RegExp): Promise<RegExpExecArray> {
    await until(async () => pattern.test(this.output(name)), `${name} writes ${pattern}`, 60_000);
    return pattern.exec(this.output(name))!;
  }

  /**
   * A signal that can be caught lets it end its own children.
   * @returns its exit status; null when a signal ended it
   */
  async end(name: string, signal: NodeJS.Signals): Promise<number | null | undefined> {
    this.#processes.get(name)?.kill(signal);
    return this.exited(name);
  }

  /** Waits until it has ended. @returns its exit status; null when a signal ended it */
  async exited(name: string): Promise<number | null | undefined> {
    const child = this.#processes.get(name);
    if (child?.exitCode === null && child.signalCode === null) await once(child, 'exit');
    return child?.exitCode;
  }

  async endAll(): Promise<void> {
    await Promise.all([...this.#processes.keys()].map((name) => this.end(name, 'SIGTERM')));
    rmSync(this.folder, { recursive: true, force: true });
  }

  #log(name: string): string {
    return join(this.folder, `${name}.log`);
  }
}
