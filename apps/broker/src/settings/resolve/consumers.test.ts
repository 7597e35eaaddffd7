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
    expect(consumers.a).toMatchObject({ name: 'a', keys: [someKey], workload: undefined });
    expect(consumers.b).toMatchObject({ name: 'b', keys: [], workload });
    expect(consumers.a?.allow.map(({ client, scopes }) => [client, String(scopes)])).toEqual([
      ['rabot', 'api:partner'],
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
