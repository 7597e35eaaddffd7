import { readFileSync } from 'node:fs';

/** The version of the broker, of package.json. */
export function packageVersion(): string {
  const packageJson = new URL('../../../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(packageJson, 'utf8')) as { version: string }).version;
}
