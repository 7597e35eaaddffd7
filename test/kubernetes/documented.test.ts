import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { documented } from './documented.js';
import { containerOf, folders, type Labels, Manifests, textOf, top } from './manifests.js';

const docs = textOf('docs/how-to/kubernetes.md');

/** What is beside the project, in a folder of its own. */
function ownOverlay(kustomization: string): string {
  const parent = mkdtempSync(join(tmpdir(), 'own-overlay-'));
  onTestFinished(() => rmSync(parent, { recursive: true }));
  const folder = join(parent, 'token-broker-of-ours');
  mkdirSync(folder);
  writeFileSync(join(folder, 'kustomization.yaml'), kustomization);
  writeFileSync(join(folder, 'settings.yaml'), 'clients: of ours');
  return folder;
}

it('the documented kustomization.yaml puts own settings and an own image in place', () => {
  const [kustomization = ''] = documented('yaml');
  const folder = ownOverlay(kustomization);
  // Kustomize takes relative paths only.
  const path = kustomization.replace(
    '../token-broker/',
    `${'../'.repeat(folder.split('/').length - 1)}${top.slice(1)}`,
  );
  writeFileSync(join(folder, 'kustomization.yaml'), path);
  const manifests = Manifests.in(folder);
  const { data } = manifests.the<{ data: Labels }>('ConfigMap', 'token-broker-settings');
  expect(data).toEqual({ 'settings.yaml': 'clients: of ours' });
  expect(containerOf(manifests.broker).image).toMatch(/^registry\.example\/token-broker:\d/);
});

it('the documentation names the version that this is, as the manifests do', () => {
  const { version } = JSON.parse(readFileSync(join(top, 'package.json'), 'utf8')) as { version: string };
  const named = [...docs.matchAll(/token-broker:(\d+\.\d+[^\s,]*)|newTag: (\S+)/g)].map(
    ([, tag, newTag]) => tag ?? newTag,
  );
  expect(new Set(named)).toEqual(new Set([version]));
  expect(containerOf(Manifests.of('overlays/memory').broker).image).toBe(`token-broker:${version}`);
});

it('the documentation tells what each object is for', () => {
  const objects = folders.flatMap((folder) => Manifests.of(folder).all);
  const own = objects.filter(({ metadata }) => metadata.name.startsWith('token-broker'));
  const missing = own.filter(({ kind, metadata: { name } }) => {
    const rows = docs.split('\n').filter((line) => line.startsWith('|') && line.includes(kind));
    return !rows.some(
      (row) => row.includes(`\`${name}\``) || row.includes(`\`${name.replace(/[^-]+$/, '…')}\``),
    );
  });
  expect(missing.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([]);
});
