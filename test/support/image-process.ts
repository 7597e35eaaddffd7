import { execFile, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { freePort } from './free-port.js';
import type { ImageBuild, Stage } from './image-build.js';
import { LoggedProcesses, searchPath } from './logged-processes.js';

/** The ways to make a program process 1 of its own, as in a container: as root, and as anybody. */
const unshare = ['unshare', '--pid', '--fork', '--kill-child'];
const isolations = [unshare, [...unshare, '--user', '--map-root-user']];

/** What the last stage of an image runs, from the files in it. */
export class ImageProcess {
  readonly #processes = new LoggedProcesses();
  readonly #stage: Stage;
  /** Nothing where the kernel lets nobody do so: signals go the same way, but to a process of another number. */
  readonly #isolation =
    isolations.find(([program = '', ...args]) => isPossible(program, [...args, 'true'])) ?? [];

  private constructor(
    private readonly image: ImageBuild,
    stage: string,
  ) {
    this.#stage = image.stage(stage);
  }

  /** Starts it, until the test ends, and waits until it listens. `settings` lack `listen` and `management`. */
  static async start(image: ImageBuild, stage: string, settings: object): Promise<ImageProcess> {
    const container = new ImageProcess(image, stage);
    onTestFinished(() => container.#remove());
    await container.#run(settings);
    return container;
  }

  get consumers(): string {
    return this.#url('consumers');
  }

  get output(): string {
    return this.#processes.output('container');
  }

  /** @throws Error when the image's own check says that it is not healthy */
  async checkHealth(): Promise<void> {
    const [program = '', ...args] = this.#stage.command('HEALTHCHECK');
    await promisify(execFile)(
      program,
      args.map((word) => this.#inImage(word)),
      {
        env: { PATH: searchPath, NODE_OPTIONS: '--preserve-symlinks', TOKEN_BROKER_CONFIG: this.#file },
      },
    );
  }

  /** As a container is stopped. @returns its exit status */
  async stop(): Promise<number | null | undefined> {
    process.kill(this.#pid(), 'SIGTERM');
    return this.#processes.exited('container');
  }

  async #run(settings: object): Promise<void> {
    const local = { host: '127.0.0.1', port: 0 };
    const management = { ...local, port: await freePort() };
    writeFileSync(this.#file, stringify({ listen: local, management, ...settings }));
    const words = [...this.#stage.command('ENTRYPOINT'), '--config', this.#file];
    const here = words.map((word) => this.#inImage(word));
    const environment = { NODE_OPTIONS: '--preserve-symlinks' };
    this.#processes.run('container', [...this.#isolation, ...here], environment);
    await this.#processes.wrote('container', /"msg":"listening"/);
  }

  get #file(): string {
    return join(this.#processes.folder, 'settings.yaml');
  }

  #inImage(word: string): string {
    return word.startsWith('dist/') ? join(this.image.path(this.#stage.name), word) : word;
  }

  /** @throws Error when it should be process 1, and is not */
  #pid(): number {
    const pid = this.#processes.pid('container');
    if (this.#isolation.length === 0) return pid;
    const child = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    const inside = /^NSpid:.*\s(\d+)$/m.exec(readFileSync(`/proc/${child}/status`, 'utf8'))?.[1];
    if (inside !== '1') throw new Error(`it is process ${inside}`);
    return Number(child);
  }

  #url(side: 'consumers' | 'management'): string {
    return new RegExp(`"${side}":"([^"]+)"`).exec(this.output)![1]!;
  }

  /** `unshare` takes its child along. */
  async #remove(): Promise<void> {
    await this.#processes.end('container', 'SIGKILL');
    await this.#processes.endAll();
  }
}

function isPossible(program: string, args: readonly string[]): boolean {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}
