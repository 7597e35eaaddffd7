import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SettingsFolder, someKey, someSettings } from '#test/settings-folder.js';

let folder: SettingsFolder;
beforeEach(() => (folder = new SettingsFolder()));
afterEach(() => folder.remove());

const publicUrl = 'https://broker.example/tokens/';
const roles = { viewer: ['*'], operator: ['platform'] };
const oidc = { issuer: 'https://id.example', clientId: 'broker', roles };
const of = (management: object) => someSettings({}, {}, { management });
const faults = (management: object) => folder.faults(of(management));

describe('management', () => {
  it('listens on the loopback, and is for anyone there, unless the settings say otherwise', () => {
    const { settings, warnings } = folder.load(someSettings());
    expect(settings.management).toMatchObject({ host: '127.0.0.1', authentication: undefined });
    expect(warnings).toEqual([]);
  });

  it.each(['0.0.0.0', '::', '192.0.2.1', 'broker.example'])('warns of no authentication at %s', (host) => {
    expect(folder.load(of({ host })).warnings).toEqual([
      `management.authentication: is none, and ${host} is not a loopback address: anyone who can reach the port can renew and purge tokens`,
    ]);
    expect(folder.load(of({ host, authentication: 'none' })).warnings).toHaveLength(1);
    expect(
      folder.load(of({ host, authentication: { proxy: { addresses: ['::1'], roles } } })).warnings,
    ).toEqual([]);
  });

  it.each(['127.0.0.1', '127.0.0.2', '::1', 'localhost'])('does not warn of none at %s', (host) => {
    expect(folder.load(of({ host })).warnings).toEqual([]);
  });

  it('takes all ways at once', () => {
    folder.write('secret', 'not-a-real-secret\n');
    const bearer = { prometheus: { keys: [someKey], role: 'scraper' } };
    const authentication = {
      bearer,
      oidc: { ...oidc, clientSecret: { file: 'secret' }, sessionLifetime: 3600 },
      proxy: { addresses: ['10.0.0.0/8'], roles },
    };
    const { settings } = folder.load(of({ publicUrl, hosts: ['Other.example'], authentication }));
    expect(settings.management).toMatchObject({
      publicUrl: 'https://broker.example/tokens',
      hosts: ['other.example', 'broker.example'],
      authentication: {
        keys: [{ name: 'prometheus', keys: [{ hash: someKey }], role: 'scraper' }],
        oidc: { ...oidc, groupsClaim: 'groups', sessionLifetime: 3_600_000 },
        proxy: { userHeader: 'x-forwarded-user', groupsHeader: 'x-forwarded-groups', roles },
      },
    });
    expect(settings.management.authentication?.oidc?.clientSecret?.reveal()).toBe('not-a-real-secret');
  });

  it('takes keys of programs with dates, as those of consumers, `maxKeyAge` included', () => {
    const dated = { hash: someKey, createdAt: '2020-01-01', expiresAt: '2020-12-31' };
    const bearer = {
      prometheus: { keys: [dated], role: 'scraper' },
      deployment: { keys: [`sha256:${'b'.repeat(64)}`], role: 'operator' },
    };
    const { settings, warnings } = folder.load({ ...of({ authentication: { bearer } }), maxKeyAge: '30d' });
    expect(settings.management.authentication?.keys[0]?.keys).toEqual([
      {
        hash: someKey,
        expiresAt: Date.parse('2020-12-31'),
        replaceBy: Date.parse('2020-01-01') + 30 * 86_400_000,
      },
    ]);
    const place = 'management.authentication.bearer.prometheus.keys[0]';
    expect(warnings).toEqual([
      `${place}.expiresAt: is in the past: the key is refused; take it out of the settings`,
      expect.stringMatching(/^management\.authentication\.bearer\.prometheus\.keys\[0\]: is \d+ days old/),
      expect.stringMatching(
        /^maxKeyAge: cannot be applied to \d keys? without `createdAt`, such as management/,
      ),
    ]);
  });

  it.each([
    [{ authentication: 'nobody' }, 'management.authentication: must be none, or a mapping'],
    [
      { authentication: {} },
      'management.authentication: must be none, or have at least one of `bearer`, `oidc` and `proxy`',
    ],
    [
      { authentication: { bearer: { a: { keys: [someKey], role: 'admin' } } } },
      'management.authentication.bearer.a.role: must be one of scraper, viewer, operator',
    ],
    [
      { authentication: { bearer: { a: { keys: ['plain'], role: 'viewer' } } } },
      'management.authentication.bearer.a.keys: must be a list in which each is "sha256:" and 64 hex digits',
    ],
    [
      {
        authentication: {
          bearer: { a: { keys: [someKey], role: 'viewer' }, b: { keys: [someKey], role: 'viewer' } },
        },
      },
      'management.authentication.bearer.b.keys[0]: is already used by a',
    ],
    [
      { authentication: { oidc } },
      'management.publicUrl: must be set for `authentication.oidc`, which redirects browsers back to it',
    ],
    [
      { publicUrl, authentication: { oidc: { ...oidc, scopes: ['profile'] } } },
      'management.authentication.oidc.scopes: must include openid',
    ],
    [
      { publicUrl, authentication: { oidc: { ...oidc, roles: { admin: ['a'] } } } },
      'management.authentication.oidc.roles: must be a mapping from scraper, viewer, operator to lists of groups in quotes',
    ],
    [
      { authentication: { proxy: { addresses: [], roles } } },
      'management.authentication.proxy.addresses: must name at least one address or network',
    ],
    [
      { authentication: { proxy: { addresses: ['10.0.0.0/8'], userHeader: 'X-User', roles } } },
      'management.authentication.proxy.userHeader: must be the name of a header in lower case',
    ],
  ])('refuses %j', (management, fault) => {
    expect(faults(management)).toEqual([fault]);
  });
});
