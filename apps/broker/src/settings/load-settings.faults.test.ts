import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadSettings } from './load-settings.js';
import { SettingsFault } from './settings-fault.js';
import { SettingsFolder, someSettings } from '#test/settings-folder.js';

let folder: SettingsFolder;

beforeEach(() => {
  folder = new SettingsFolder();
});
afterEach(() => folder.remove());

describe('faults of the settings', () => {
  it('are reported together', () => {
    const file = someSettings(
      {
        tokenEndpoint: 'http://auth.example/token',
        tokenEndpont: 'x',
        clientId: '${CLIENT_ID}',
        timeout: 61,
        requiredScopes: ['api:partners'],
        renewal: { at: 0.99, jitter: null },
      },
      { allow: [{ client: 'robot', scopes: [] }], key: 'x' },
      { store: { redis: { url: 'redis://localhost' } }, listen: [{}] },
    );
    expect(folder.faults(file).toSorted()).toEqual([
      'clients.rabot.clientId: needs the environment variable CLIENT_ID, which is not set',
      'clients.rabot.renewal.at: must be a number from 0.1 to 0.95',
      'clients.rabot.renewal.jitter: must have a value',
      "clients.rabot.requiredScopes[0]: must be one of the client's scopes, or implied by one",
      'clients.rabot.timeout: must be a number from 0.1 to 60, in seconds, or a duration such as 10s or 5m',
      'clients.rabot.tokenEndpoint: must be an https URL (http is for loopback hosts only)',
      'clients.rabot.tokenEndpont: unknown setting; did you mean tokenEndpoint?',
      'consumers.orders.allow[0].client: must be a name in `clients`',
      'consumers.orders.key: unknown setting; did you mean keys?',
      'listen: must be a mapping',
      'store.redis.encryptionKeys: must be set',
    ]);
  });

  it('say that a client and a consumer are needed', () => {
    expect(folder.faults({})).toEqual(['clients: must be set', 'consumers: must be set']);
    expect(folder.faults({ clients: {}, consumers: [] })).toEqual([
      'clients: must be a mapping with at least one name as keys',
      'consumers: must be a mapping with at least one name as keys',
    ]);
  });

  it.each(['', '# nothing yet', '- a', 'text', '42'])('say that %j is not a mapping', (text) => {
    expect(folder.faults(text)).toEqual(['settings.yaml: must be a mapping, with `clients` and `consumers`']);
  });

  it('name a name that cannot be one, and an entry that is no mapping', () => {
    const { clients, consumers } = someSettings() as Record<string, Record<string, object>>;
    const names = ['a b', '-a', 'x'.repeat(64), '', 'ä'];
    const entries = Object.fromEntries(names.map((name) => [name, clients?.rabot]));
    const faults = folder.faults({
      clients: { ...clients, ...entries, list: [], text: 'x', none: null },
      consumers,
    });
    expect(faults.filter((fault) => fault.includes('must be named by'))).toHaveLength(names.length);
    expect(faults).toContain('clients.list: must be a mapping');
    expect(faults).toContain('clients.text: must be a mapping');
    expect(faults).toContain('clients.none: must have a value');
  });

  it('do not name an unknown setting that may be a secret', () => {
    const fault = 'unknown setting; its name is not shown, as it may be a secret in the wrong place';
    for (const slip of ['clientSecret, plantedSecret', 'clientSecret: x, planted-secret: y']) {
      const faults = folder.faults(
        JSON.stringify(someSettings()).replace('"clientSecret":"not-a-real-secret"', slip),
      );
      expect(faults).toContain(`clients.rabot."***": ${fault}`);
      expect(faults.join()).not.toContain('planted');
    }
    expect(folder.faults(someSettings({ client_secret_file: 'x' }))).toEqual([
      'clients.rabot.client_secret_file: unknown setting',
    ]);
  });

  it('say that both sides would listen at the same port', () => {
    const at = (listen: object, management: object) => someSettings({}, {}, { listen, management });
    const fault = ['management: must not be the same host and port as `listen`'];
    expect(folder.faults(at({ port: 9090 }, {}))).toEqual(fault);
    expect(folder.faults(at({ host: '127.0.0.1', port: 1 }, { host: '127.0.0.1', port: 1 }))).toEqual(fault);
    expect(folder.faults(at({ host: '127.0.0.1', port: 1 }, { port: 1 }))).toEqual(fault);
    expect(folder.load(at({ host: '127.0.0.1', port: 1 }, { host: '127.0.0.2', port: 1 }))).toBeDefined();
  });

  it('name a missing settings file, and which files to look at again', () => {
    const file = join(folder.path, 'missing.yaml');
    expect(() => loadSettings(file, {})).toThrow(
      new SettingsFault([{ path: file, message: 'must be a readable file (no such file)' }], [file]),
    );
  });
});
