import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Documentation, which Debian's slim images leave out, too; they keep the licences. */
const isNeeded = (path: string) =>
  !/^\/usr\/share\/(doc|man|info|locale|lintian)\//.test(path) || path.endsWith('/copyright');

/** The files of Debian packages that are installed here: enough for an image where no registry can be reached. */
export class DebianFiles {
  constructor(readonly folder: string) {}

  /** Undefined unless this machine has Debian's packages. */
  static obstacle(): string | undefined {
    const { status } = spawnSync('dpkg-query', ['--version'], { stdio: 'ignore' });
    return status === 0 ? undefined : 'there are no Debian packages here to make a base image of';
  }

  /** Copies the packages and those that they depend on, with what Debian calls essential. */
  addPackages(names: readonly string[]): void {
    const paths = filesOf(closure(names)).map(inRealFolder);
    const links = ['/bin', '/sbin', '/lib', '/lib64'].filter((path) => existsSync(path));
    mkdirSync(this.folder, { recursive: true });
    const list = [...new Set([...links, ...paths])].map((path) => path.slice(1)).join('\n');
    const copy = `tar --create --no-recursion --directory=/ --files-from=- | tar --extract --directory='${this.folder}'`;
    run('sh', ['-c', copy], list);
    for (const folder of ['tmp', 'root', 'etc']) mkdirSync(join(this.folder, folder), { recursive: true });
    const users = (name: string) => readFileSync(join('/usr/share/base-passwd', `${name}.master`), 'utf8');
    this.write('etc/passwd', `${users('passwd')}node:x:1000:1000::/tmp:/bin/sh\n`);
    this.write('etc/group', `${users('group')}node:x:1000:\n`);
    this.copy('/var/lib/dpkg/status', 'var/lib/dpkg/status');
  }

  write(path: string, content: string, mode = 0o644): void {
    mkdirSync(dirname(join(this.folder, path)), { recursive: true });
    rmSync(join(this.folder, path), { force: true });
    writeFileSync(join(this.folder, path), content, { mode });
  }

  copy(from: string, path: string): void {
    mkdirSync(dirname(join(this.folder, path)), { recursive: true });
    run('cp', ['--recursive', '--no-dereference', realpathSync(from), join(this.folder, path)]);
  }

  /** All of it as root's files. @returns the archive */
  archive(): string {
    const file = `${this.folder}.tar`;
    run('tar', ['--create', '--owner=0', '--group=0', '--file', file, '--directory', this.folder, '.']);
    rmSync(this.folder, { recursive: true });
    return file;
  }
}

function closure(names: readonly string[]): string[] {
  const format = '${Package}\t${Essential}\t${Pre-Depends}, ${Depends}\t${Provides}\t${db:Status-Status}\n';
  const rows = run('dpkg-query', ['--show', `--showformat=${format}`])
    .split('\n')
    .map((line) => line.split('\t'))
    .filter(([, , , , status]) => status === 'installed');
  const words = (list: string) => list.split(/[,|]/).map((item) => item.trim().split(/[ :(]/, 1)[0]!);
  const packages = new Map<string, string[]>();
  for (const [name = '', , depends = '', provides = ''] of rows)
    for (const one of [name, ...words(provides)]) packages.set(one, [name, ...words(depends)]);
  const found = new Set<string>();
  const visit = (name: string): void => {
    if (found.has(name) || !packages.has(name)) return;
    found.add(name);
    packages.get(name)!.forEach(visit);
  };
  rows.filter(([, essential]) => essential === 'yes').forEach(([name]) => visit(name!));
  names.forEach(visit);
  const installed = new Set(rows.map(([name]) => name!));
  return [...found].filter((name) => installed.has(name));
}

function filesOf(packages: readonly string[]): string[] {
  return run('dpkg-query', ['--listfiles', ...packages])
    .split('\n')
    .filter((path) => path.startsWith('/') && path !== '/.' && isNeeded(path) && isThere(path));
}

/** A package's /bin/sh is in /usr/bin, where /bin leads to. */
function inRealFolder(path: string): string {
  return join(realpathSync(dirname(path)), basename(path));
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function run(program: string, args: readonly string[], input = ''): string {
  const options = { input, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 } as const;
  const { status, stdout, stderr } = spawnSync(program, args, options);
  if (status !== 0) throw new Error(`${program} failed: ${stderr.slice(-2000)}`);
  return stdout;
}
