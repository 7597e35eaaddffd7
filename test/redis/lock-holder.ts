import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { TokenRequest } from '#tokens/model/token-request.js';
import { someRequest } from '#test/leases.js';

const loader = new URL('../support/source-loader.mjs', import.meta.url).href;
const program = fileURLToPath(new URL('lock-holder-process.ts', import.meta.url));
const flags = [
  '--disable-warning=ExperimentalWarning',
  '--experimental-transform-types',
  '--conditions=source',
];

/** Another process that holds the lock of a request and never gives it back. */
export class LockHolder {
  readonly request: TokenRequest = someRequest();
  readonly #process: ChildProcess;
  #output = '';

  private constructor(url: string) {
    const args = [...flags, '--import', loader, program, url, String(this.request.scopes)];
    this.#process = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#process.stdout!, this.#process.stderr!]) {
      stream.on('data', (chunk: Buffer) => (this.#output += chunk.toString()));
    }
  }

  static async start(url: string): Promise<LockHolder> {
    const holder = new LockHolder(url);
    await holder.said('generation ');
    return holder;
  }

  get generation(): number {
    return Number(/generation (\d+)/.exec(this.#output)?.[1]);
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  async said(words: string): Promise<void> {
    while (!this.#output.includes(words)) {
      if (this.#process.stdout!.closed) throw new Error(`the holder ended: ${this.#output}`);
      await new Promise((resolve) => this.#process.stdout!.once('data', resolve).once('close', resolve));
    }
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    this.#process.kill('SIGKILL');
    await once(this.#process, 'exit');
  }
}
