import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const files = globSync(['*', '{docs,apps,libs,clients,deploy,test,.github}/**'], {
  cwd: root,
  exclude: (name) => name.endsWith('node_modules'),
}).filter((file) => /(^|\/)[^./]+$|\.(md|ya?ml|ts|mjs|json|txt|html|service)$/.test(file));

it('names no program for npx, except those that the project installs and packages of a scope: a stranger may register others', () => {
  const called = files
    .filter((file) => statSync(join(root, file)).isFile())
    .flatMap((file) =>
      [...readFileSync(join(root, file), 'utf8').matchAll(/\bnpx\s+(?:-\S+\s+)*([@\w][\w@./-]*)/g)].map(
        ([, name]) => ({ file, name: name! }),
      ),
    );
  const isOurs = (name: string) => name.startsWith('@') || existsSync(join(root, 'node_modules/.bin', name));
  expect(called.length).toBeGreaterThan(0);
  expect(called.filter(({ name }) => !isOurs(name))).toEqual([]);
});
