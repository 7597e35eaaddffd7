import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** What Debian's slim image leaves out. */
const unneeded = ['var/cache', 'var/lib/apt/lists', 'usr/share/doc', 'usr/share/man', 'usr/share/locale'];

/** Docker with a daemon, or podman, which needs none: it keeps all it makes in a folder of its own. */
export class ContainerEngine {
  readonly folder = mkdtempSync(join(tmpdir(), 'token-broker-engine-'));
  readonly #words: readonly string[];

  private constructor(readonly name: 'docker' | 'podman') {
    const own = ['--root', join(this.folder, 'root'), '--runroot', join(this.folder, 'run')];
    const plain = [
      '--storage-driver=vfs',
      '--runtime=runc',
      '--cgroup-manager=cgroupfs',
      '--events-backend=file',
    ];
    this.#words = name === 'docker' ? ['docker'] : ['podman', ...own, ...plain];
  }

  /** Undefined when there is none that works. */
  static find(): ContainerEngine | undefined {
    if (succeeds('docker', ['info'])) return new ContainerEngine('docker');
    const canPodman =
      process.getuid?.() === 0 && succeeds('podman', ['--version']) && succeeds('runc', ['--version']);
    return canPodman ? new ContainerEngine('podman') : undefined;
  }

  /** @throws Error with what it says, when it fails */
  run(...args: string[]): string {
    const [program = '', ...own] = this.#words;
    const { status, stdout, stderr, error } = spawnSync(program, [...own, ...args], {
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    });
    if (status !== 0)
      throw new Error(
        `${this.name} ${args[0]} failed: ${error?.message ?? `${stdout}${stderr}`.slice(-2000)}`,
      );
    return stdout.trim();
  }

  tries(...args: string[]): boolean {
    try {
      this.run(...args);
      return true;
    } catch {
      return false;
    }
  }

  /** Makes a base image that no registry gives here: Debian's packages, and with `node` this Node.js and npm. */
  makeBase(tag: string, { node }: { node: boolean }): void {
    const root = join(this.folder, 'debian');
    if (!existsSync(root)) shell('debootstrap', ['--variant=minbase', 'bookworm', root]);
    if (node) {
      mkdirSync(join(root, 'usr/local/lib/node_modules'), { recursive: true });
      shell('cp', ['--dereference', process.execPath, join(root, 'usr/local/bin/node')]);
      shell('cp', ['--archive', npmFolder(), join(root, 'usr/local/lib/node_modules/npm')]);
      shell('ln', ['-sf', '../lib/node_modules/npm/bin/npm-cli.js', join(root, 'usr/local/bin/npm')]);
      this.#configureNpm(root);
      shell('chroot', [root, 'useradd', '--uid', '1000', '--create-home', 'node']);
    }
    const archive = join(this.folder, 'base.tar');
    shell('tar', [
      '--create',
      '--file',
      archive,
      '--directory',
      root,
      ...unneeded.map((path) => `--exclude=./${path}/*`),
      '.',
    ]);
    this.run('import', archive, tag);
    rmSync(archive);
  }

  /** The registry of this machine, and the authority that it trusts for it. */
  #configureNpm(root: string): void {
    const folder = join(root, 'usr/local/etc');
    mkdirSync(folder, { recursive: true });
    const authority = npmSetting('cafile') ?? process.env['NODE_EXTRA_CA_CERTS'];
    const lines = [`registry=${npmSetting('registry')}`];
    if (authority !== undefined) {
      cpSync(authority, join(folder, 'npm-ca.pem'));
      lines.push('cafile=/usr/local/etc/npm-ca.pem');
    }
    writeFileSync(join(folder, 'npmrc'), `${lines.join('\n')}\n`);
  }

  remove(): void {
    if (this.name === 'podman') this.tries('system', 'reset', '--force');
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function npmSetting(name: string): string | undefined {
  const value = spawnSync('npm', ['config', 'get', name], { encoding: 'utf8' }).stdout.trim();
  return value === '' || value === 'null' || value === 'undefined' ? undefined : value;
}

function npmFolder(): string {
  const { stdout } = spawnSync('sh', ['-c', 'command -v npm'], { encoding: 'utf8' });
  return dirname(dirname(realpathSync(stdout.trim())));
}

function succeeds(program: string, args: readonly string[]): boolean {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}

function shell(program: string, args: readonly string[]): void {
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  if (status !== 0) throw new Error(`${program} failed: ${stderr.slice(-2000)}`);
}
