import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import packageJson from '../package.json' with { type: 'json' };
import clientJson from '../libs/client/package.json' with { type: 'json' };

const root = join(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

interface Workflow {
  on: unknown;
  permissions: Record<string, string>;
  jobs: Record<
    string,
    {
      needs?: string | string[];
      permissions?: object;
      steps: { uses?: string; run?: string; with?: object }[];
    }
  >;
}

const workflows = globSync('.github/workflows/*.yml', { cwd: root }).map(
  (file) => [file, parse(read(file)) as Workflow] as const,
);
const release = parse(read('.github/workflows/release.yml')) as Workflow;

describe.each(workflows)('%s', (_, workflow) => {
  it('may read only, unless a job says what more it needs', () => {
    expect(workflow.permissions).toEqual({ contents: 'read' });
  });

  it('runs scripts that package.json has, and actions of a named version', () => {
    const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);
    const scripts = steps.flatMap(({ run = '' }) =>
      [...run.matchAll(/npm run (?:-s )?([\w:-]+)/g)].map(([, name]) => name!),
    );
    expect(scripts.filter((name) => !(name in packageJson.scripts))).toEqual([]);
    const actions = steps.flatMap(({ uses }) => uses ?? []);
    expect(actions.filter((action) => !/@v\d+$/.test(action))).toEqual([]);
  });

  it('needs jobs that it has', () => {
    const needed = Object.values(workflow.jobs).flatMap(({ needs }) => needs ?? []);
    expect(needed.filter((name) => !(name in workflow.jobs))).toEqual([]);
  });
});

describe('a release', () => {
  it('is of one version everywhere', () => {
    const { version } = packageJson;
    expect(clientJson.version).toBe(version);
    expect(read('clients/python/pyproject.toml')).toContain(`version = "${version}"`);
    expect(parse(read('deploy/helm/token-broker/Chart.yaml'))).toMatchObject({
      version,
      appVersion: version,
    });
    expect(read('deploy/kubernetes/base/kustomization.yaml')).toContain(`newTag: ${version}`);
    expect(read('README.md')).toContain(`Version ${version};`);
    expect(read('CHANGELOG.md')).toMatch(new RegExp(`^## \\[${version}\\] - \\d{4}-\\d\\d-\\d\\d$`, 'm'));
    for (const [, job] of Object.entries(release.jobs).filter(([name]) => name !== 'version')) {
      expect([job.needs].flat()).toContain('version');
    }
  });

  it('has each place that its owner fills in listed on the page of releases', () => {
    const folders = '{apps,clients,deploy,docs,libs,.github}/**/*.{md,ts,yml,yaml,json,toml,txt}';
    const files = globSync(['*.{md,json,yml}', folders, '.github/CODEOWNERS'], {
      cwd: root,
      exclude: (name) => name.endsWith('node_modules'),
    });
    const open = files.filter((file) => /\bOWNER\b|SECURITY-CONTACT/.test(read(file)));
    const listed = [...read('docs/how-to/release.md').matchAll(/^\| `([^`]+)` \|/gm)].map(([, file]) => file);
    expect(open.toSorted()).toEqual(listed.toSorted());
  });

  it('has an image for both architectures, with SBOM, provenance and signature', () => {
    const { steps } = release.jobs['image']!;
    expect(steps.find(({ uses }) => uses?.startsWith('docker/build-push-action'))?.with).toMatchObject({
      file: 'apps/broker/Dockerfile',
      platforms: 'linux/amd64,linux/arm64',
      sbom: true,
      provenance: 'mode=max',
    });
    expect(steps.some(({ run }) => run?.startsWith('cosign sign'))).toBe(true);
  });

  it('publishes a package of a scope only: an unscoped name may be that of somebody else', () => {
    expect(clientJson.name).toMatch(/^@token-broker\//);
    expect(packageJson.private).toBe(true);
    const published = Object.values(release.jobs).flatMap(({ steps }) =>
      steps.filter(({ run }) => /npm publish/.test(run ?? '')),
    );
    expect(published).toHaveLength(1);
  });
});
