import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface SourceFile {
  /** From the root of the repository. */
  path: string;
  lines: number;
  /** The source files that it imports, by their paths. */
  imports: readonly string[];
}

/** The TypeScript of apps and libs without its tests. */
export function sourceFiles(root: string): SourceFile[] {
  return globSync('{apps,libs}/*/src/**/*.ts', { cwd: root })
    .filter((path) => !path.endsWith('.test.ts'))
    .toSorted()
    .map((path) => {
      const text = readFileSync(join(root, path), 'utf8');
      return { path, lines: text.split('\n').length - 1, imports: importsOf(path, text) };
    });
}

/** Those that exactly one other file imports. */
export function withOneImporter(files: readonly SourceFile[]): SourceFile[] {
  const importers = new Map<string, number>();
  for (const { imports } of files) {
    for (const path of imports) importers.set(path, (importers.get(path) ?? 0) + 1);
  }
  return files.filter(({ path }) => importers.get(path) === 1);
}

/**
 * How many ways a request takes through the broker: each charges the consumer's rate limit in one place.
 * @throws Error when none is found, since then the limit has another name
 */
export function requestWalks(root: string, files: readonly SourceFile[]): number {
  const walks = files
    .filter(({ path }) => path.startsWith('apps/broker/'))
    .map(
      ({ path }) =>
        readFileSync(join(root, path), 'utf8').match(/consumer\.(?:rateL|l)imit\.take\(/g)?.length ?? 0,
    );
  const count = walks.reduce((sum, one) => sum + one, 0);
  if (count === 0) throw new Error("nothing takes from a consumer's rate limit");
  return count;
}

function importsOf(path: string, text: string): string[] {
  const specifiers = [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map(([, one]) => one!);
  const own = specifiers.flatMap((specifier) => {
    if (specifier.startsWith('.')) return join(dirname(path), specifier);
    const [, lib, rest] = /^#(\w+)\/(.+)$/.exec(specifier) ?? [];
    return lib === undefined ? [] : `libs/${lib}/src/${rest}`;
  });
  return [...new Set(own.map((one) => one.replace(/\.js$/, '.ts')))];
}
