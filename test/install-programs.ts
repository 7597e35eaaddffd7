import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { type Program, missingPrograms } from './support/programs.js';

// Installs the programs that the tests start and that are missing here, before the run. Where that is not possible, it
// says which they are and how to get them.

const missing = missingPrograms();
if (missing.length > 0) {
  const obstacle = obstacleToInstalling() ?? install(missing);
  if (obstacle !== undefined) {
    const names = missing.map(({ name }) => `  ${name}`).join('\n');
    process.stderr.write(
      `The tests need programs that are missing here:\n${names}\n${obstacle}. On Debian or Ubuntu, as root:\n` +
        `  apt-get update && apt-get install --no-install-recommends ${packagesOf(missing).join(' ')}\n`,
    );
    process.exitCode = 1;
  }
}

/** Why they cannot be installed from here, if so. */
function obstacleToInstalling(): string | undefined {
  if (spawnSync('apt-get', ['--version'], { stdio: 'ignore' }).status !== 0)
    return 'There is no apt-get here';
  if (process.getuid?.() !== 0) return 'Only root can install them';
  if (existsSync('/run/systemd/system'))
    return 'They are not installed automatically beside systemd, which would start redis-server and nginx as services';
  return undefined;
}

/** @returns what went wrong, if something did */
function install(needed: readonly Program[]): string | undefined {
  const packages = packagesOf(needed);
  process.stderr.write(`Installing what the tests need: ${packages.join(' ')}\n`);
  // Another run on this machine may be about to install things, too: apt-get fails beside another one.
  const apt = `apt-get update -qq && apt-get install -y -qq --no-install-recommends ${packages.join(' ')}`;
  const { status, stdout, stderr, error } = spawnSync(
    'flock',
    ['/tmp/token-broker-tests.apt.lock', 'sh', '-c', apt],
    {
      encoding: 'utf8',
      // In runlevel 1 (maintenance) packages start no servers of their own.
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
    },
  );
  if (status === 0 && missingPrograms().length === 0) return undefined;
  const lines = `${stdout}${stderr}${error?.message ?? ''}`.trim().split('\n');
  return `apt-get could not install them:\n${lines.slice(-15).join('\n')}\n`;
}

function packagesOf(needed: readonly Program[]): string[] {
  return [...new Set(needed.map((program) => program.package))];
}
