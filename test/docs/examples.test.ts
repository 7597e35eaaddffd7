import { readFileSync } from 'node:fs';
import { expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { someCertificates } from '#test/certificates.js';
import { SettingsFolder, someSettings } from '#test/settings-folder.js';

const certificates = await someCertificates();
const pages = ['how-to/management.md', 'reference/audit.md', 'how-to/redis.md'].map((name) =>
  readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8'),
);
const examples = pages.flatMap((page) =>
  [...page.matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map(([, yaml]) => yaml!),
);

it.each(examples)('the settings in the docs are valid, and need no warning:\n%s', (yaml) => {
  const folder = new SettingsFolder();
  onTestFinished(() => folder.remove());
  folder.write('token-broker-oidc', 'not-a-real-secret');
  folder.write('audit-key', Buffer.alloc(32, 'not-a-real-key').toString('base64'));
  folder.write('redis-token', 'not-a-real-secret');
  folder.write('encryption-key', Buffer.alloc(32, 'not-a-real-key').toString('base64'));
  folder.write('redis-ca.crt', certificates.ca);
  folder.write('redis-client.crt', certificates.client.cert);
  folder.write('redis-client.key', certificates.client.key);
  const settings = parse(yaml.replaceAll('/run/secrets/', `${folder.path}/`)) as Record<string, unknown>;
  const { warnings } = folder.load(someSettings({}, {}, settings));
  expect(warnings).toEqual([]);
});
