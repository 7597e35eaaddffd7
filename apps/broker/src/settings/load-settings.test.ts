import { inspect } from 'node:util';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SettingsFolder, secretsOf, someKey, someSettings, someStore } from '#test/settings-folder.js';

let folder: SettingsFolder;

beforeEach(() => {
  folder = new SettingsFolder();
});
afterEach(() => folder.remove());

describe('settings', () => {
  it('have defaults for all that need not be said', () => {
    const { settings, warnings } = folder.load(someSettings());
    expect(warnings).toEqual([]);
    expect(settings.listen).toEqual({ host: '0.0.0.0', port: 8080 });
    expect(settings.management).toEqual({
      host: '127.0.0.1',
      port: 9090,
      hosts: [],
      runbookUrl: 'runbook',
    });
    expect(settings.workloadIssuers).toEqual({});
    expect(settings.store).toBeUndefined();
    expect(settings.clients.rabot).toMatchObject({
      name: 'rabot',
      clientAuthentication: 'client_secret_basic',
      parameters: {},
      resources: [],
      preload: [],
      defaultLifetime: 300_000,
      timeout: 10_000,
      maxTokenRequestsPerMinute: 60,
    });
    expect(settings.clients.rabot?.renewal.margin(Infinity)).toBe(60_000);
    expect(settings.clients.rabot?.renewal.idleAfter).toBe(3_600_000);
  });

  it('warn of quotas that are counted apart, as two clients name one server in two ways', () => {
    const quotas = { clientId: 'one', maxTokenRequests: { perHour: 10 } };
    const { rabot } = someSettings(quotas)['clients'] as { rabot: object };
    const issuer = { ...rabot, tokenEndpoint: undefined, issuer: 'https://auth.example/realms/a' };
    const both = (fields: object) => {
      const settings = someSettings({ ...quotas, tokenEndpoint: 'https://auth.example/token', ...fields });
      Object.assign(settings['clients'] as object, { issuer });
      return folder.load(settings).warnings;
    };
    expect(both({})).toEqual([
      expect.stringMatching(/clients\.rabot\.tokenEndpoint: names perhaps .* that issuer names by `issuer`/),
    ]);
    expect(both({ clientId: 'two' })).toEqual([]);
    expect(both({ tokenEndpoint: 'https://other.example/token' })).toEqual([]);
  });

  it('are what the file says, in milliseconds', () => {
    const { settings } = folder.load(
      someSettings(
        {
          defaultLifetime: 10,
          timeout: 0.1,
          maxTokenRequestsPerMinute: 100_000,
          parameters: { audience: 'https://api.example' },
          resources: ['https://api.example', 'urn:example:orders'],
          preload: [['api:partner']],
        },
        { keys: [someKey.toUpperCase().replace('SHA', 'sha')] },
        { listen: { host: '::1', port: 0 }, management: { port: 0 } },
      ),
    );
    expect(settings.clients.rabot).toMatchObject({ defaultLifetime: 10_000, timeout: 100 });
    expect(settings.clients.rabot?.parameters).toEqual({ audience: 'https://api.example' });
    expect(settings.clients.rabot?.preload.map(String)).toEqual(['api:partner']);
    expect(settings.consumers.orders?.keys).toEqual([{ hash: someKey }]);
    expect(settings.listen).toEqual({ host: '::1', port: 0 });
  });

  it('are frozen, all the way down', () => {
    const store = someStore({
      sentinel: { name: 'mymaster', nodes: ['sentinel-1:26379'] },
      lockNodes: ['redis://a', 'redis://b', 'redis://c'],
    });
    const { settings } = folder.load(
      someSettings({ parameters: { a: 'b' }, resources: ['urn:a:b'] }, {}, store),
    );
    const thawed: unknown[] = [];
    const visit = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return;
      const plain = Array.isArray(value) || [Object.prototype, null].includes(Object.getPrototypeOf(value));
      if (plain && !Object.isFrozen(value)) thawed.push(value);
      Object.values(value).forEach(visit);
    };
    visit(settings);
    expect(thawed).toEqual([]);
  });

  it('a number may come out of a variable', () => {
    const file = someSettings({ timeout: '${TIMEOUT}' }, {}, { listen: { port: '${PORT:-8081}' } });
    const { settings } = folder.load(file, { TIMEOUT: '2.5' });
    expect(settings.listen.port).toBe(8081);
    expect(settings.clients.rabot?.timeout).toBe(2500);
  });

  it.each(['80x', '', ' 80', '0x50', '1e3', '-1', '65536', '80.5'])('the port "%s" is a fault', (PORT) => {
    expect(folder.faults(someSettings({}, {}, { listen: { port: '${PORT}' } }), { PORT })).toEqual([
      'listen.port: must be a whole number from 0 to 65535',
    ]);
  });

  it('names the files that they were read from', () => {
    const secret = folder.write('client-secret', 'not-a-real-secret\n');
    const { sources } = folder.load(someSettings({ clientSecret: { file: 'client-secret' } }));
    expect(sources).toEqual([join(folder.path, 'settings.yaml'), secret]);
  });

  it('names may be those of members of objects and maps', () => {
    const { clients, consumers } = someSettings() as Record<string, Record<string, object>>;
    const all = (entry: object | undefined) =>
      Object.fromEntries(['get', 'size', 'keys'].map((n) => [n, entry]));
    const { settings } = folder.load({
      clients: { ...clients, ...all(clients?.rabot) },
      consumers: { ...consumers, get: { ...consumers?.orders, keys: [`sha256:${'1'.repeat(64)}`] } },
    });
    expect(Object.keys(settings.clients)).toEqual(['rabot', 'get', 'size', 'keys']);
    expect(Object.keys(settings.consumers)).toEqual(['orders', 'get']);
    expect(settings.clients.toString).toBeUndefined();
  });
});

describe('secrets of the settings', () => {
  it('are in nothing that is printed of them', () => {
    folder.write('token', 'planted-not-a-real-secret-2\n');
    const { settings } = folder.load(
      someSettings(
        { clientSecret: ['planted-not-a-real-secret-1', { file: 'token' }] },
        {},
        {
          workloadIssuers: {
            cluster: { issuer: 'https://a.example', audience: 'b', bearerToken: { file: 'token' } },
          },
        },
      ),
    );
    expect(secretsOf(settings.clients.rabot)).toEqual([
      'planted-not-a-real-secret-1',
      'planted-not-a-real-secret-2',
    ]);
    expect(settings.workloadIssuers.cluster?.bearerToken?.reveal()).toBe('planted-not-a-real-secret-2');
    const printed = JSON.stringify(settings) + inspect(settings, { depth: null, showHidden: true });
    expect(printed).not.toContain('planted');
  });
});
