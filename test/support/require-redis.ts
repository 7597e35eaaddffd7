import { requirePrograms } from './require-programs.js';

/** @throws Error that says what to install, where it cannot be done here */
export function requireRedis(): void {
  const programs = ['redis-server', 'redis-sentinel'];
  requirePrograms({ programs, packages: programs });
}
