import { requirePrograms } from './require-programs.js';

/** Where Debian keeps the sources of Go packages. */
export const goPath = '/usr/share/gocode';

/** @throws Error that says what to install, where it cannot be done here */
export function requireGo(): void {
  requirePrograms({
    programs: ['go', `${goPath}/src/golang.org/x/oauth2/clientcredentials`],
    packages: ['golang-go', 'golang-golang-x-oauth2-dev'],
  });
}
