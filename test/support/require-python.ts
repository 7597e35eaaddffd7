import { requirePrograms } from './require-programs.js';

const modules = '/usr/lib/python3/dist-packages';

/** Debian's own: another Python on the PATH does not have its modules. */
export const python = '/usr/bin/python3';

/** @throws Error that says what to install, where it cannot be done here */
export function requirePython(): void {
  requirePrograms({
    programs: [python, `${modules}/requests_oauthlib`, `${modules}/authlib`],
    packages: ['python3', 'python3-requests-oauthlib', 'python3-authlib', 'python3-requests'],
  });
}
