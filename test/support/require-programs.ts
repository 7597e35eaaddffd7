import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';

export interface Needed {
  /** On the PATH; or a file or folder, by its absolute path. */
  programs: readonly string[];
  /** Packages of Debian that have them. */
  packages: readonly string[];
}

const lookedFor = new Set<string>();

/**
 * Installs what is missing where that is possible. Not beside systemd, where packages would start servers of their own.
 * @throws Error that says what to install
 */
export function requirePrograms({ programs, packages }: Needed): void {
  const missing = programs.filter((program) => !lookedFor.has(program) && !isThere(program));
  if (missing.length > 0) install(missing, packages);
  for (const program of programs) lookedFor.add(program);
}

function install(missing: readonly string[], packages: readonly string[]): void {
  const message = `these tests need ${missing.join(' and ')} on the PATH: install ${packages.join(' ')} (names of Debian)`;
  const isPossible = process.getuid?.() === 0 && !existsSync('/run/systemd/system') && isThere('apt-get');
  if (!isPossible) throw new Error(message);
  // One after the other: other workers of the same run may be about to install things, too.
  const apt = `apt-get update -qq && apt-get install -y -qq --no-install-recommends ${packages.join(' ')}`;
  try {
    execFileSync('flock', ['/tmp/token-broker-tests.apt.lock', 'sh', '-c', apt], {
      stdio: 'ignore',
      // In runlevel 1 (maintenance) packages start no servers of their own.
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
    });
  } catch (cause) {
    throw new Error(message, { cause });
  }
  if (!missing.every(isThere)) throw new Error(message);
}

function isThere(program: string): boolean {
  if (isAbsolute(program)) return existsSync(program);
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.some((folder) => existsSync(join(folder, program)));
}
