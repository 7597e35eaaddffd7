import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SettingsFolder, someKey, someSettings } from '#test/settings-folder.js';

let folder: SettingsFolder;

beforeEach(() => {
  folder = new SettingsFolder();
});
afterEach(() => folder.remove());

const allow = [{ client: 'rabot', scopes: ['api:partner'] }];
const workload = { issuer: 'cluster', subject: 'system:serviceaccount:a:b' };
const cluster = { issuer: 'https://kubernetes.default.svc', audience: 'token-broker' };

function settings(consumers: object, workloadIssuers: object = { cluster }) {
  return { ...someSettings(), consumers, workloadIssuers };
}

describe('a consumer', () => {
  it('has keys, a workload, or both', () => {
    const file = settings({
      a: { keys: [someKey], allow },
      b: { workload, allow },
      c: { keys: [], workload: { ...workload, subject: 'c' }, allow },
    });
    const { consumers } = folder.load(file).settings;
    expect(consumers.a).toMatchObject({ name: 'a', keys: [{ hash: someKey }], workload: undefined });
    expect(consumers.b).toMatchObject({ name: 'b', keys: [], workload });
    expect(consumers.a?.allow.map(({ client, scopes }) => [client, String(scopes)])).toEqual([
      ['rabot', 'api:partner'],
    ]);
  });

  it('has keys with dates, whose age counts from `createdAt`', () => {
    const [hash, second] = [someKey, `sha256:${'b'.repeat(64)}`];
    const keys = [
      { hash, createdAt: '2099-01-01', expiresAt: '2099-12-31T12:00:00+02:00' },
      { hash: second, createdAt: '2099-01-01', maxAge: '10d' },
    ];
    const { settings: loaded, warnings } = folder.load({
      ...settings({ a: { keys, allow } }),
      maxKeyAge: '30d',
    });
    const created = Date.parse('2099-01-01');
    expect(loaded.consumers.a?.keys).toEqual([
      { hash, expiresAt: Date.parse('2099-12-31T10:00:00Z'), replaceBy: created + 30 * 86_400_000 },
      { hash: second, expiresAt: undefined, replaceBy: created + 10 * 86_400_000 },
    ]);
    expect(warnings).toEqual([
      'consumers.a.keys[0].createdAt: is in the future',
      'consumers.a.keys[1].createdAt: is in the future',
    ]);
  });

  it('is warned about keys that `maxKeyAge` cannot be applied to, by one line', () => {
    const keys = [someKey, `sha256:${'b'.repeat(64)}`];
    expect(folder.load({ ...settings({ a: { keys, allow } }), maxKeyAge: '30d' }).warnings).toEqual([
      'maxKeyAge: cannot be applied to 2 keys without `createdAt`, such as consumers.a.keys[0]',
    ]);
  });

  it.each([
    [{ hash: 'md5:0' }, '.hash: must be "sha256:" and 64 hex digits'],
    [{}, '.hash: must be set'],
    [{ hash: someKey, expires: '2099-01-01' }, '.expires: unknown setting; did you mean expiresAt?'],
    [
      { hash: someKey, expiresAt: 'soon' },
      '.expiresAt: must be a date such as 2027-03-31, or an instant such as 2027-03-31T12:00:00Z',
    ],
    [
      { hash: someKey, expiresAt: '2027-13-31' },
      '.expiresAt: must be a date such as 2027-03-31, or an instant such as 2027-03-31T12:00:00Z',
    ],
    [{ hash: someKey, maxAge: '90d' }, '.maxAge: needs `createdAt`, from which the age is counted'],
    [
      { hash: someKey, createdAt: '2026-02-01', expiresAt: '2026-01-01' },
      '.expiresAt: must be after `createdAt`',
    ],
  ])('must not have the key %j', (key, fault) => {
    expect(folder.faults(settings({ a: { keys: [key], allow } }))).toEqual([`consumers.a.keys[0]${fault}`]);
  });

  it('has the entries of a policy in place of its name', () => {
    const policies = { partners: [...allow, { client: 'rabot', scopes: ['create:orders'] }] };
    const file = {
      ...settings({ a: { keys: [someKey], allow: [{ policy: 'partners' }, ...allow] } }),
      policies,
    };
    expect(folder.load(file).settings.consumers.a?.allow.map(({ place }) => place)).toEqual([
      ['policies', 'partners', 0],
      ['policies', 'partners', 1],
      ['allow', 1],
    ]);
  });

  it.each<[string, object, object, string[]]>([
    [
      'that is unknown',
      { policy: 'partner' },
      { partners: allow },
      ['consumers.a.allow[0].policy: must be a name in `policies`'],
    ],
    [
      'beside other fields',
      { policy: 'partners', client: 'rabot' },
      { partners: allow },
      ['consumers.a.allow[0].policy: must stand alone: what it gives is in `policies`'],
    ],
    [
      'with a fault',
      { policy: 'p' },
      { p: [{ client: 'robot', scopes: [] }] },
      ['policies.p[0].client: must be a name in `clients`'],
    ],
    ['without an entry', { policy: 'p' }, { p: [] }, ['policies.p: must be a list of at least one mapping']],
    [
      'that is no list',
      { policy: 'p' },
      { p: allow[0]! },
      ['policies.p: must be a list of at least one mapping'],
    ],
    [
      'in a policy',
      { policy: 'p' },
      { p: [{ policy: 'p' }] },
      ['policies.p[0].policy: must not stand in a policy'],
    ],
    [
      'with a scope of no client',
      { policy: 'p' },
      { p: [{ client: 'rabot', scopes: ['api:partners'] }] },
      ["policies.p[0].scopes[0]: must be one of the client's scopes, or implied by one"],
    ],
  ])('must not have a policy %s', (_, entry, policies, faults) => {
    const file = { ...settings({ a: { keys: [someKey], allow: [entry] } }), policies };
    expect(folder.faults(file)).toEqual(faults);
  });

  it('is warned about a policy that nothing uses', () => {
    const file = { ...settings({ a: { keys: [someKey], allow } }), policies: { partners: allow } };
    expect(folder.load(file).warnings).toEqual(['policies.partners: is used by no consumer']);
  });

  it('may have resources of the client only', () => {
    const bound = (resource: string) =>
      settings({ a: { keys: [someKey], allow: [{ ...allow[0], resources: [resource] }] } });
    const { clients } = someSettings() as { clients: { rabot: object } };
    const withResources = { clients: { rabot: { ...clients.rabot, resources: ['https://api.example'] } } };
    expect(folder.faults({ ...bound('https://api.example/'), ...withResources })).toEqual([
      "consumers.a.allow[0].resources[0]: must be one of the client's `resources`",
    ]);
    const { allow: found } = folder.load({ ...bound('https://api.example'), ...withResources }).settings
      .consumers.a!;
    expect(found[0]?.resources).toEqual(['https://api.example']);
  });

  it('has a mode of two', () => {
    const file = (mode: string) => settings({ a: { mode, keys: [someKey], allow } });
    expect(folder.faults(file('audits'))).toEqual(['consumers.a.mode: must be one of enforce, audit']);
    expect(folder.load(file('audit')).warnings).toEqual([
      'consumers.a.mode: is audit: requests that `allow` refuses are granted within the scopes of the client',
    ]);
  });

  it('must have a credential', () => {
    const fault = 'keys: must have at least one key, unless `workload` or `certificate` is set';
    expect(folder.faults(settings({ a: { allow }, b: { keys: [], allow } }))).toEqual([
      `consumers.a.${fault}`,
      `consumers.b.${fault}`,
    ]);
  });

  it.each(['planted', 'sha256:planted', `sha256:${'0'.repeat(63)}`, `md5:${'0'.repeat(64)}`, 42])(
    'must not have the key %j',
    (key) => {
      expect(folder.faults(settings({ a: { keys: [key], allow } }))).toEqual([
        'consumers.a.keys: must be a list in which each is "sha256:" and 64 hex digits',
      ]);
    },
  );

  it('does not share a key, in whatever case it is written', () => {
    const other = `sha256:${'AB'.repeat(32)}`;
    const file = settings({
      a: { keys: [someKey, other, other], allow },
      b: { keys: [other.toLowerCase().replace('SHA', 'sha')], allow },
    });
    expect(folder.faults(file)).toEqual(['consumers.b.keys[0]: is already used by a']);
  });

  it('does not share a workload', () => {
    expect(folder.faults(settings({ a: { workload, allow }, b: { workload, allow } }))).toEqual([
      'consumers.b.workload: is already used by a',
    ]);
  });

  it('has a workload of an issuer that there is', () => {
    expect(folder.faults(settings({ a: { workload, allow } }, {}))).toEqual([
      'consumers.a.workload.issuer: must be a name in `workloadIssuers`',
    ]);
    expect(folder.faults(settings({ a: { workload: { issuer: 'cluster' }, allow } }))).toEqual([
      'consumers.a.workload: must have either `subject` or `claims`',
    ]);
  });

  it('must be allowed something, of a client that there is', () => {
    const keys = [someKey];
    expect(folder.faults(settings({ a: { keys } }))).toEqual(['consumers.a.allow: must be set']);
    expect(folder.faults(settings({ a: { keys, allow: [] } }))).toEqual([
      'consumers.a.allow: must be a list of at least one mapping',
    ]);
    expect(folder.faults(settings({ a: { keys, allow: [[...allow]] } }))).toEqual([
      'consumers.a.allow: must be a list in which each is a mapping',
    ]);
    expect(folder.faults(settings({ a: { keys, allow: [...allow, { client: 'robot' }] } }))).toEqual([
      'consumers.a.allow[1].scopes: must be set',
    ]);
    expect(folder.faults(settings({ a: { keys, allow: [{ client: 'toString', scopes: [] }] } }))).toEqual([
      'consumers.a.allow[0].client: must be a name in `clients`',
    ]);
  });
});

describe('an issuer of workloads', () => {
  it('is resolved with what is needed to fetch its keys', () => {
    folder.write('token', 'not-a-real-token\n');
    const file = settings(
      { a: { workload, allow } },
      { cluster: { ...cluster, jwksUri: 'https://k.example/keys', bearerToken: { file: 'token' } } },
    );
    const loaded = folder.load(file);
    expect(loaded.settings.workloadIssuers.cluster).toMatchObject({
      name: 'cluster',
      ...cluster,
      jwksUri: 'https://k.example/keys',
    });
    expect(loaded.settings.workloadIssuers.cluster?.bearerToken?.reveal()).toBe('not-a-real-token');
    expect(loaded.sources).toContain(`${folder.path}/token`);
  });

  it('is named once', () => {
    expect(folder.faults(settings({ a: { workload, allow } }, { cluster, other: cluster }))).toEqual([
      'workloadIssuers.other.issuer: is already used by cluster',
    ]);
  });

  it('must be complete and well-formed', () => {
    const file = settings(
      { a: { workload, allow } },
      { cluster: { issuer: 'http://k.example', jwksUri: 'k', ca: 'planted', bearerToken: {} } },
    );
    expect(folder.faults(file)).toEqual([
      'workloadIssuers.cluster.issuer: must be an https URL (http is for loopback hosts only)',
      'workloadIssuers.cluster.audience: must be set',
      'workloadIssuers.cluster.jwksUri: must be an https URL',
      'workloadIssuers.cluster.bearerToken: must be text or { file: PATH }',
      'workloadIssuers.cluster.ca: must be a certificate in PEM',
    ]);
  });
});
