import { spawnSync } from 'node:child_process';
import { requirePrograms } from './require-programs.js';

/**
 * How Docker Compose is called here: as a plugin of docker, or else as a program of its own.
 * @throws Error that says what to install, where it cannot be done here
 */
export function requireCompose(): [program: string, ...args: string[]] {
  if (spawnSync('docker', ['compose', 'version'], { stdio: 'ignore' }).status === 0)
    return ['docker', 'compose'];
  requirePrograms({ programs: ['docker-compose'], packages: ['docker-compose'] });
  return ['docker-compose'];
}
