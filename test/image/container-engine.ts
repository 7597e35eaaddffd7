import { execFile, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Why nothing of an image is run where `find` has no engine. */
export const noEngine = 'there is neither a Docker daemon, nor podman with runc and as root';

/** Docker with a daemon, or podman, which needs none: it keeps all it makes in a folder of its own. */
export class ContainerEngine {
  readonly folder = mkdtempSync(join(tmpdir(), 'token-broker-engine-'));
  readonly #words: readonly string[];

  private constructor(readonly name: 'docker' | 'podman') {
    // Containers look into folders below it, as users of any number.
    chmodSync(this.folder, 0o755);
    this.#words = name === 'docker' ? ['docker'] : ['podman', ...this.#podmanOptions()];
  }

  /** Undefined when there is none. */
  static find(): ContainerEngine | undefined {
    if (succeeds('docker', ['info'])) return new ContainerEngine('docker');
    const canPodman =
      process.getuid?.() === 0 && succeeds('podman', ['--version']) && succeeds('runc', ['--version']);
    return canPodman ? new ContainerEngine('podman') : undefined;
  }

  /** What a container needs beside what its user asks for, on a machine that may be a container, too. */
  get limits(): string[] {
    return this.name === 'docker' ? [] : ['--ulimit=nofile=1024:1024', '--ulimit=nproc=4096:4096'];
  }

  /** @returns what it writes to the standard output. @throws Error with all that it writes, when it fails */
  async run(...args: string[]): Promise<string> {
    return (await this.outputOf(...args)).stdout.trim();
  }

  async outputOf(...args: string[]): Promise<{ stdout: string; stderr: string }> {
    const [program = '', ...own] = this.#words;
    const options = { maxBuffer: 64 * 1024 * 1024 };
    return promisify(execFile)(program, [...own, ...args], options).catch(
      (error: Error & { stdout?: string; stderr?: string }) => {
        const said = `${error.stdout ?? ''}${error.stderr ?? ''}`.slice(-3000);
        throw new Error(`${this.name} ${args[0]} failed: ${said || error.message}`);
      },
    );
  }

  tries(...args: string[]): Promise<boolean> {
    return this.run(...args).then(
      () => true,
      () => false,
    );
  }

  /** Why it runs no containers of this image, if so: a machine may have an engine, and not the rights for it. */
  async obstacle(image: string): Promise<string | undefined> {
    return this.run('run', '--rm', '--network=host', ...this.limits, image, 'node', '--version').then(
      () => undefined,
      (error: Error) => error.message,
    );
  }

  async remove(): Promise<void> {
    if (this.name === 'podman') await this.tries('system', 'reset', '--force');
    rmSync(this.folder, { recursive: true, force: true });
  }

  #podmanOptions(): string[] {
    const own = ['--root', join(this.folder, 'root'), '--runroot', join(this.folder, 'run')];
    const plain = ['--runtime=runc', '--cgroup-manager=cgroupfs', '--events-backend=file'];
    const layers = [...own, ...plain, '--storage-driver=overlay'];
    if (succeeds('podman', [...layers, 'info'])) return layers;
    // Copies all files for each layer, so it takes minutes, but works in any file system.
    rmSync(join(this.folder, 'root'), { recursive: true, force: true });
    return [...own, ...plain, '--storage-driver=vfs'];
  }
}

function succeeds(program: string, args: readonly string[]): boolean {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}
