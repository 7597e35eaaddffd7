import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SettingsFolder, someSettings } from '#test/settings-folder.js';

let folder: SettingsFolder;

beforeEach(() => {
  folder = new SettingsFolder();
});
afterEach(() => folder.remove());

describe('a token endpoint', () => {
  it.each([
    'https://auth.example/connect/token',
    'https://auth.example:8443/token?tenant=1',
    'HTTPS://AUTH.EXAMPLE',
    'http://localhost:4000/token',
    'http://127.0.0.1/token',
    'http://127.8.8.8/token',
    'http://[::1]:4000/token',
  ])('may be %s, and is kept as it is', (tokenEndpoint) => {
    const { settings } = folder.load(someSettings({ tokenEndpoint }));
    expect(settings.clients.rabot?.tokenEndpoint).toBe(tokenEndpoint);
  });

  it.each([
    ['http://auth.example/token', ' (http is for loopback hosts only)'],
    ['http://localhost.example/token', ' (http is for loopback hosts only)'],
    ['http://127.0.0.1.example/token', ' (http is for loopback hosts only)'],
    ['http://10.0.0.1/token', ' (http is for loopback hosts only)'],
    ['https://user:planted@auth.example/token', ' without user or password'],
    ['https://planted@auth.example/token', ' without user or password'],
    ['https://auth.example/token#part', ' without a fragment'],
    ['https://auth.example/token#', ' without a fragment'],
    ['auth.example/token', ''],
    ['https:auth.example', ''],
    ['https://', ''],
    ['https:// auth.example', ''],
    [' https://auth.example', ''],
    ['https://auth.example\\token', ''],
    ['https://auth.example/\n', ''],
    ['https://auth.example:99999', ''],
    ['ftp://auth.example', ''],
  ])('must not be %j', (tokenEndpoint, reason) => {
    expect(folder.faults(someSettings({ tokenEndpoint }))).toEqual([
      `clients.rabot.tokenEndpoint: must be an https URL${reason}`,
    ]);
  });

  it.each([42, true, [], {}])('must not be %j', (tokenEndpoint) => {
    expect(folder.faults(someSettings({ tokenEndpoint }))[0]).toMatch(
      /^clients\.rabot\.tokenEndpoint: must be text/,
    );
  });

  it('may be found by the issuer instead', () => {
    const file = someSettings({ tokenEndpoint: undefined, issuer: 'https://auth.example' });
    expect(folder.load(file).settings.clients.rabot?.issuer).toBe('https://auth.example');
  });

  it('is needed exactly once', () => {
    expect(folder.faults(someSettings({ tokenEndpoint: undefined }))).toEqual([
      'clients.rabot.tokenEndpoint: must be set, unless `issuer` is',
    ]);
    expect(folder.faults(someSettings({ issuer: 'https://auth.example' }))).toEqual([
      'clients.rabot.tokenEndpoint: must be left out when `issuer` is set: one of them names the token endpoint',
    ]);
  });

  it('an issuer has no query', () => {
    expect(folder.faults(someSettings({ issuer: 'https://auth.example?a=b' }))).toEqual([
      'clients.rabot.issuer: must be an https URL without a query',
    ]);
  });
});

describe('resources', () => {
  it.each(['/relative', 'https://api.example/#part', 'api', 'https://api .example', 'https://', ''])(
    'must not have %j among them',
    (resource) => {
      expect(folder.faults(someSettings({ resources: ['urn:a:b', resource] }))).toEqual([
        'clients.rabot.resources: must be a list of absolute URIs without fragment (RFC 8707)',
      ]);
    },
  );
});
