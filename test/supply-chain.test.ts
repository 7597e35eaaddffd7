import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');

/** Those that let anybody use and pass on the broker with them. */
const licences = new Set([
  'MIT',
  'ISC',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  '0BSD',
]);

interface Component {
  name: string;
  properties: { name: string }[];
  hashes?: { alg: string }[];
  licenses?: { license?: { id?: string }; expression?: string }[];
}

interface LockedPackage {
  integrity?: string;
  hasInstallScript?: boolean;
  link?: boolean;
}

const dependencies = Object.keys((JSON.parse(read('package.json')) as { dependencies: object }).dependencies);

const locked = Object.entries(
  (JSON.parse(read('package-lock.json')) as { packages: Record<string, LockedPackage> }).packages,
).filter(([path, { link }]) => path.startsWith('node_modules/') && !link);

describe('what the broker is made of', () => {
  it('is told as CycloneDX, each part with its hash and a licence that lets it be passed on', () => {
    const printed = execFileSync('npm', ['run', '--silent', 'sbom'], { cwd: root, encoding: 'utf8' });
    const { bomFormat, components } = JSON.parse(printed) as { bomFormat: string; components: Component[] };
    expect(bomFormat).toBe('CycloneDX');
    // npm's own --omit dev leaves out what development needs as well.
    const own = components.filter(
      ({ properties }) => !properties.some(({ name }) => name === 'cdx:npm:package:development'),
    );
    expect(own.map(({ name }) => name)).toEqual(expect.arrayContaining(dependencies));
    const doubtful = own.filter(
      ({ hashes, licenses }) =>
        hashes?.[0]?.alg !== 'SHA-512' || !licenses?.every(({ license }) => licences.has(license?.id ?? '')),
    );
    expect(doubtful).toEqual([]);
  });

  it('is locked by hash, development included, and runs nothing when it is installed', () => {
    expect(locked.length).toBeGreaterThan(50);
    const loose = locked.filter(([, { integrity, hasInstallScript }]) => !integrity || hasInstallScript);
    expect(loose).toEqual([]);
  });
});

describe('the threat model', () => {
  it('names a test for each threat, which is there', () => {
    const threats = read('SECURITY.md')
      .split('\n')
      .filter((line) => /^\| (?!attacker|command|`|---)/.test(line));
    expect(threats.length).toBeGreaterThan(10);
    const shown = threats.map((threat) => ({
      threat,
      tests: [...threat.matchAll(/\]\(([^)]+)\)/g)].map(([, path]) => path!),
    }));
    expect(shown.filter(({ tests }) => tests.length === 0)).toEqual([]);
    const missing = shown.flatMap(({ tests }) => tests.filter((path) => !existsSync(join(root, path))));
    expect(missing).toEqual([]);
  });
});
