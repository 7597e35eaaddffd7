import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { SettingsFolder } from '#test/settings-folder.js';

const root = join(import.meta.dirname, '../..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

describe('README.md', () => {
  it('has one settings file, which is valid and complete', () => {
    const [, yaml] = /^```yaml\n(.*?)^```$/ms.exec(readme)!;
    const folder = new SettingsFolder();
    onTestFinished(() => folder.remove());
    folder.write('rabot-client-secret', 'not-a-real-secret');
    const { settings, warnings } = folder.load(yaml!.replace('/run/secrets/', `${folder.path}/`), {
      RABOT_CLIENT_ID: 'whitelabel',
      ORDER_SERVICE_KEY_SHA256: `sha256:${'0'.repeat(64)}`,
    });
    expect(Object.keys(settings.consumers)).toEqual(['order-service', 'finance-report']);
    expect(warnings).toEqual([]);
  });

  it('fits on two pages, with the NestJS part on the first screen', () => {
    const lines = readme.split('\n');
    expect(lines.length).toBeLessThanOrEqual(130);
    expect(lines.findIndex((line) => line.includes('NestJS'))).toBeLessThan(20);
  });
});

describe.each(['README.md', 'SECURITY.md', 'CONTRIBUTING.md', 'CHANGELOG.md'])('%s', (page) => {
  it('has links to files that exist only', () => {
    const text = readFileSync(join(root, page), 'utf8');
    const targets = [...text.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, target]) => target!);
    expect(targets.length).toBeGreaterThan(0);
    expect(targets.filter((target) => !existsSync(join(root, dirname(page), target)))).toEqual([]);
  });
});
