import { execFile } from 'node:child_process';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const shell = promisify(execFile);
const root = join(import.meta.dirname, '../..');

/** The Node.js of the host, where it has one besides that which the project brings. */
export const hostNode =
  (process.env['PATH'] ?? '')
    .split(':')
    .filter((folder) => !folder.includes('node_modules'))
    .map((folder) => join(folder, 'node'))
    .find(isExecutable) ?? process.execPath;

/** A folder of its own, into which somebody installs the client as npm packs it, and nothing else. */
export class NewProject {
  readonly folder = mkdtempSync(join(tmpdir(), 'new-project-'));

  static async start(): Promise<NewProject> {
    const project = new NewProject();
    project.write('package.json', JSON.stringify({ name: 'new-project', private: true, type: 'module' }));
    const { stdout } = await shell('npm', ['pack', '--json', '--pack-destination', project.folder], {
      cwd: join(root, 'libs/client'),
      env: { ...process.env, npm_config_loglevel: 'error' },
    });
    const [{ filename }] = JSON.parse(stdout.slice(stdout.indexOf('['))) as [{ filename: string }];
    const quiet = ['--offline', '--no-audit', '--no-fund'];
    await shell('npm', ['install', ...quiet, join(project.folder, filename)], { cwd: project.folder });
    return project;
  }

  /** Has a package of this checkout in the project, too. */
  link(name: string): void {
    const path = join(this.folder, 'node_modules', name);
    if (existsSync(path)) return;
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), path);
  }

  write(name: string, content: string): void {
    writeFileSync(join(this.folder, name), content);
  }

  /** What the compiler of this checkout has against it: nothing, if all is well. */
  async compile(files: readonly string[], flags: readonly string[]): Promise<string> {
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const strict = ['--strict', '--module', 'nodenext', '--target', 'es2022', ...flags, ...files];
    const compiling = shell(process.execPath, [tsc, ...strict], { cwd: this.folder });
    return compiling.then(
      ({ stdout }) => stdout,
      (error: { stdout?: string }) => error.stdout ?? String(error),
    );
  }

  /** What a program of it prints. @throws Error with what it says, when it fails */
  async run(node: string, file: string, environment: NodeJS.ProcessEnv = {}): Promise<string> {
    const { stdout, stderr } = await shell(node, [file], { cwd: this.folder, env: environment });
    if (stderr !== '') throw new Error(stderr);
    return stdout;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
