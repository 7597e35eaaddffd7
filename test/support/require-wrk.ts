import { requirePrograms } from './require-programs.js';

/** @throws Error that says what to install, where it cannot be done here */
export function requireWrk(): void {
  requirePrograms({ programs: ['wrk'], packages: ['wrk'] });
}
