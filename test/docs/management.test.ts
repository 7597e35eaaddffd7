import { readFileSync } from 'node:fs';
import { expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { SettingsFolder, someSettings } from '#test/settings-folder.js';

const page = readFileSync(new URL('../../docs/management.md', import.meta.url), 'utf8');
const examples = [...page.matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map(([, yaml]) => yaml!);

it.each(examples)('the settings in docs/management.md are valid, and need no warning:\n%s', (yaml) => {
  const folder = new SettingsFolder();
  onTestFinished(() => folder.remove());
  folder.write('token-broker-oidc', 'not-a-real-secret');
  const settings = parse(yaml.replace('/run/secrets/', `${folder.path}/`)) as Record<string, unknown>;
  const { warnings } = folder.load(someSettings({}, {}, settings));
  expect(warnings).toEqual([]);
});
