import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, matchesGlob } from 'node:path';
import { top } from './compose-file.js';
import { searchPath } from './logged-processes.js';

type Instruction = readonly [name: string, rest: string];

/** A stage of a Dockerfile. */
export class Stage {
  constructor(
    readonly name: string,
    readonly base: string,
    readonly instructions: readonly Instruction[],
  ) {}

  /** What the last instruction of this name says. @throws Error when there is none */
  last(name: string): string {
    const found = this.instructions.findLast(([own]) => own === name);
    if (found === undefined) throw new Error(`stage ${this.name} has no ${name}`);
    return found[1];
  }

  /** The words of the last instruction of this name. @throws Error unless they are in the form that needs no shell */
  command(name: string): string[] {
    return JSON.parse(this.last(name).replace(/^[^[]*/, '')) as string[];
  }
}

/**
 * Follows a Dockerfile without a Docker: each stage's working directory becomes a folder.
 * `npm ci` is not run, as its packages are here already: the folder gets links to those which it would install.
 */
export class ImageBuild {
  readonly #folder = mkdtempSync(join(tmpdir(), 'token-broker-image-'));
  readonly #stages: readonly Stage[];

  /** Builds that stage, and those that it takes something from. */
  constructor(dockerfile: string, target: string) {
    this.#stages = stagesIn(readFileSync(join(top, dockerfile), 'utf8'));
    this.#build(this.stage(target));
  }

  get bases(): string[] {
    return this.#stages.map(({ base }) => base);
  }

  /** @throws Error when there is none */
  stage(name: string): Stage {
    const found = this.#stages.find((stage) => stage.name === name);
    if (found === undefined) throw new Error(`there is no stage ${name}`);
    return found;
  }

  /** The working directory of a stage. */
  path(stage: string): string {
    return join(this.#folder, stage);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #build(stage: Stage): void {
    const folder = this.path(stage.name);
    if (existsSync(folder)) return;
    const base = this.#stages.find(({ name }) => name === stage.base);
    if (base !== undefined) this.#build(base);
    if (base === undefined) mkdirSync(folder);
    else cpSync(this.path(base.name), folder, { recursive: true, verbatimSymlinks: true });
    for (const [name, rest] of stage.instructions) {
      if (name === 'COPY') this.#copy(folder, rest.split(' '));
      if (name === 'RUN') run(folder, rest);
    }
  }

  #copy(folder: string, words: readonly string[]): void {
    const from = words.find((word) => word.startsWith('--from='))?.replace('--from=', '');
    // What lies outside of the working directory comes with a base image.
    const paths = words.filter((word) => !word.startsWith('--') && !/^\/(?!app\/)/.test(word));
    if (paths.length === 0) return;
    if (from !== undefined) this.#build(this.stage(from));
    const target = paths.pop()!;
    for (const path of paths) {
      const source =
        from === undefined ? join(top, path) : join(this.path(from), path.replace(/^\/app\//, ''));
      const to = target === './' ? join(folder, basename(path)) : join(folder, target);
      const filter = from === undefined ? isInContext : () => true;
      cpSync(source, to, { recursive: true, filter, verbatimSymlinks: true });
    }
  }
}

function stagesIn(text: string): Stage[] {
  const lines = text
    .replaceAll(/\\\n/g, '')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line): Instruction => [line.split(' ', 1)[0]!, line.replace(/^\S+\s+/, '')]);
  const starts = lines.flatMap(([name], index) => (name === 'FROM' ? [index] : []));
  return starts.map((start, index) => {
    const [base = '', , name = ''] = lines[start]![1].split(' ');
    return new Stage(name, base, lines.slice(start + 1, starts[index + 1]));
  });
}

function run(folder: string, line: string): void {
  if (line.startsWith('npm ci')) return install(folder, line.includes('--omit=dev'));
  // Owners and folders of the system are for a real build.
  if (line.startsWith('install ')) return;
  execFileSync('sh', ['-euc', line], { cwd: folder, env: { PATH: searchPath }, stdio: 'pipe' });
}

interface LockedPackage {
  dev?: boolean;
  optional?: boolean;
  devOptional?: boolean;
}

/**
 * Links to the packages that the lock file has for production, or else all.
 * Whoever runs it has to keep to the links (`--preserve-symlinks`), or would find what is beside the packages, too.
 */
function install(folder: string, forProduction: boolean): void {
  const here = join(folder, 'node_modules');
  if (!forProduction) return symlinkSync(join(top, 'node_modules'), here);
  const { packages } = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, LockedPackage>;
  };
  for (const [path, { dev, optional, devOptional }] of Object.entries(packages)) {
    const isWithinAnother = path.lastIndexOf('node_modules/') > 0;
    if (path === '' || isWithinAnother || dev || optional || devOptional) continue;
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    symlinkSync(join(top, path), join(folder, path));
  }
}

/** Whether .dockerignore lets this file of the project be seen by the build. */
function isInContext(path: string): boolean {
  const name = path.slice(top.length).replace(/^\//, '');
  if (name === '') return true;
  const rules = readFileSync(join(top, '.dockerignore'), 'utf8')
    .split('\n')
    .filter((rule) => rule !== '' && !rule.startsWith('#'));
  return rules.reduce((isSeen, rule) => {
    const pattern = rule.replace('!', '');
    const matches = matchesGlob(name, pattern) || matchesGlob(name, `${pattern}/**`);
    return matches ? rule.startsWith('!') : isSeen;
  }, true);
}
