import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { someCertificates } from '#test/certificates.js';
import { assertion } from '#test/cluster-issuer.js';
import { SettingsFolder, someKey, someStore } from '#test/settings-folder.js';

const page = readFileSync(new URL('../../docs/how-to/client-authentication.md', import.meta.url), 'utf8');
const examples = [...page.matchAll(/^```yaml\n((?:managedKeys|clients):\n.*?)^```$/gms)].map(
  ([, yaml]) => yaml!,
);

describe('docs/how-to/client-authentication.md', () => {
  it.each(examples)('has an example that is valid:\n%s', async (yaml) => {
    const { cert, key } = (await someCertificates()).client;
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    const contents: [RegExp, string][] = [
      [/token$/, assertion()],
      [/crt$/, cert],
      [/tls\.key$/, key],
      [/pem$/, rsa.export({ type: 'pkcs8', format: 'pem' }).toString()],
    ];
    const folder = new SettingsFolder();
    onTestFinished(() => folder.remove());
    let files = 0;
    const local = yaml.replaceAll(/(?<=file: )\/\S+/g, (path) => {
      const name = `file-${(files += 1)}`;
      folder.write(name, contents.find(([pattern]) => pattern.test(path))![1]);
      return name;
    });
    const clients = parse(local) as { clients: object };
    const allow = [{ client: Object.keys(clients.clients)[0]!, scopes: [] }];

    const { warnings } = folder.load({
      ...clients,
      ...someStore({ url: 'redis://127.0.0.1' }),
      consumers: { one: { keys: [someKey], allow } },
    });

    expect(warnings).toEqual([]);
    expect(files > 0 || yaml.includes('keys: managed')).toBe(true);
  });
});
