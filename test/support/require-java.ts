import { requirePrograms } from './require-programs.js';

/**
 * With the compiler: `java` compiles a single file before it runs it.
 * @throws Error that says what to install, where it cannot be done here
 */
export function requireJava(): void {
  requirePrograms({ programs: ['java', 'javac'], packages: ['default-jdk-headless'] });
}
