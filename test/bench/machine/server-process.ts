import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Core, pinned } from './pinning.js';
import { cpuTime, residentSetSize } from './process-cost.js';

const running = new Set<ChildProcess>();
process.once('exit', () => running.forEach((child) => child.kill('SIGKILL')));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

/** A process under measurement. It writes into a file, as a container's output ends in one. */
export class ServerProcess {
  readonly #folder = mkdtempSync(join(tmpdir(), 'token-broker-bench-'));
  readonly #output = join(this.#folder, 'output');
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;

  constructor(core: Core, command: readonly string[], environment: object = {}) {
    const [program, ...args] = pinned(core, command) as [string, ...string[]];
    const output = openSync(this.#output, 'a');
    const env = { PATH: `${dirname(process.execPath)}:${process.env['PATH']}`, ...environment };
    this.#child = spawn(program, args, { env, stdio: ['ignore', output, output] });
    closeSync(output);
    running.add(this.#child);
    this.#ended = once(this.#child, 'exit').finally(() => running.delete(this.#child));
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Milliseconds, of all its threads and children. */
  get cpuTime(): number {
    return cpuTime(this.pid);
  }

  /** Bytes. */
  get residentSetSize(): number {
    return residentSetSize(this.pid);
  }

  get output(): string {
    return readFileSync(this.#output, 'utf8');
  }

  /** Waits until it has written this. @throws Error when it ends before */
  async wrote(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.output);
      if (found !== null) return found;
      if (this.#child.exitCode !== null) throw new Error(`a server ended: ${this.output}`);
      await pause(2);
    }
  }

  /** Lines of a log that nobody reads would fill the disk. */
  dropOutput(): void {
    truncateSync(this.#output);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGCONT');
    this.#child.kill('SIGTERM');
    const killer = setTimeout(() => this.#child.kill('SIGKILL'), 3_000);
    await this.#ended;
    clearTimeout(killer);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
