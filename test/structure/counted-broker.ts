import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { stringify } from 'yaml';
import { MountedFiles } from '#test/mounted-files.js';

/** The calls of a function of the project. */
export interface Called {
  /** The source file, from the root of the repository. */
  file: string;
  name: string;
  calls: number;
}

const counter = pathToFileURL(join(import.meta.dirname, 'count-functions.mjs')).href;

/** A broker as tsc has built it, a file for each source file, whose function calls are counted. */
export class CountedBroker {
  #output = '';

  private constructor(
    private readonly root: string,
    private readonly child: ChildProcess,
    private readonly files: MountedFiles,
  ) {
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.on('data', (chunk: Buffer) => (this.#output += chunk.toString()));
    }
  }

  /** @param root of a checkout that is built */
  static async start(root: string, settings: object): Promise<CountedBroker> {
    const local = { host: '127.0.0.1', port: 0 };
    const yaml = stringify({ listen: local, management: local, ...settings });
    const files = new MountedFiles({ 'settings.yaml': yaml });
    const main = join(root, 'dist/apps/broker/src/main.js');
    const child = spawn(
      process.execPath,
      ['--import', counter, main, '--config', files.path('settings.yaml')],
      { env: { PATH: process.env['PATH'] }, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] },
    );
    const broker = new CountedBroker(root, child, files);
    while (!broker.#output.includes('"msg":"listening"')) {
      if (child.exitCode !== null) throw new Error(`the broker ended: ${broker.#output}`);
      await once(child.stdout!, 'data');
    }
    return broker;
  }

  get url(): string {
    return /"consumers":"([^"]+)"/.exec(this.#output)![1]!;
  }

  /** @throws Error unless it is answered with a token */
  async token(query: string, key: string): Promise<void> {
    const response = await fetch(`${this.url}/token${query}`, {
      headers: { authorization: `Bearer ${key}` },
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${response.status} ${text}`);
  }

  /** What has run in the source files of the project since the last call. */
  async called(): Promise<Called[]> {
    this.child.send('take');
    const [ran] = (await once(this.child, 'message')) as [{ url: string; name: string; calls: number }[]];
    const dist = pathToFileURL(join(this.root, 'dist')).href;
    return ran
      .filter(({ url }) => url.startsWith(`${dist}/apps/`) || url.startsWith(`${dist}/libs/`))
      .map(({ url, name, calls }) => ({
        file: url.slice(dist.length + 1).replace(/\.js$/, '.ts'),
        name,
        calls,
      }));
  }

  async stop(): Promise<void> {
    this.child.kill('SIGKILL');
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'exit');
    this.files.remove();
  }
}
