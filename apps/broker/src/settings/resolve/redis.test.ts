import { Secret } from '#tokens/model/secret.js';
import { inspect } from 'node:util';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Certificates, someCertificates } from '#test/certificates.js';
import { SettingsFolder, someSettings, someStore } from '#test/settings-folder.js';
import type { RedisSettings } from '../settings.js';

let folder: SettingsFolder;
let certificates: Certificates;

beforeAll(async () => {
  certificates = await someCertificates();
});
beforeEach(() => {
  folder = new SettingsFolder();
});
afterEach(() => folder.remove());

const url = 'redis://redis:6379/0';
const sentinel = { name: 'mymaster', nodes: ['sentinel-1:26379', '[2001:db8::1]:26380'] };

function resolved(redis: Record<string, unknown>): RedisSettings {
  const { settings, warnings } = folder.load(someSettings({}, {}, someStore(redis)));
  expect(warnings).toEqual([]);
  return settings.store!.redis;
}

function faults(redis: Record<string, unknown>): string[] {
  const all = folder.faults(someSettings({}, {}, someStore(redis)));
  expect(all.join()).not.toContain('planted');
  return all.map((fault) => fault.replaceAll('store.redis.', ''));
}

describe('one Redis server', () => {
  it('is named by its URL, which may be in a file', () => {
    folder.write('url', `${url}\n`);
    expect(resolved({ url })).toMatchObject({ tls: false, keyPrefix: 'token-broker' });
    expect(resolved({ url }).url?.reveal()).toBe(url);
    expect(resolved({ url: { file: 'url' } }).url?.reveal()).toBe(url);
  });

  it.each([
    'redis://redis',
    'rediss://redis.example:6380/15',
    'REDIS://10.0.0.1/',
    'redis://[::1]:6379',
    'redis://:p%40ss%2Fword@redis',
    'redis://user:p@ss:word@redis:6379/0',
  ])('may be %s', (good) => {
    expect(resolved({ url: good }).url?.reveal()).toBe(good);
  });

  it.each([
    'redis:planted',
    'redis://',
    'redis:///0',
    'redis://:6379',
    'redis://:planted@',
    'redis://:planted@/0',
    'redis:// redis',
    'redis://redis:0',
    'redis://redis:65536',
    'redis://redis:x',
    'redis://redis/planted',
    'redis://redis?password=planted',
    'redis://redis#planted',
    'redis://:planted?x@redis',
    'redis://:planted/x@redis',
    'redis://:planted#x@redis',
    'redis://:planted\\x@redis',
    'redis://:planted%zz@redis',
    'redis://:planted%ff@redis',
    'redis://rédis',
    'redis://redis-1,redis-2',
    'http://redis',
    'unix:///run/redis.sock',
    '/run/redis.sock',
    'redis:6379',
  ])('must not be %s', (bad) => {
    const fault = expect.stringMatching(/^url: must be redis:\/\/user:password@host:6379\/0, or rediss/);
    expect(faults({ url: bad })).toEqual([fault]);
    folder.write('url', bad);
    expect(faults({ url: { file: 'url' } })).toEqual([fault]);
  });

  it('with a user has a password', () => {
    expect(faults({ url: 'redis://planted@redis' })).toEqual([
      'url: must have a user and a password, redis://user:password@host, or neither',
    ]);
  });

  it('has its log-in in the URL', () => {
    const fault = 'must be left out: user and password are part of `url`';
    const withLogIn = 'redis://u:planted@redis';
    expect(faults({ url: withLogIn, username: 'u', password: 'planted' })).toEqual([
      `username: ${fault}`,
      `password: ${fault}`,
    ]);
  });
});

describe('several Redis servers', () => {
  it('are found by Sentinels, with a log-in for either', () => {
    const redis = resolved({ sentinel, username: 'broker', password: 'fake-1', sentinelPassword: 'fake-2' });
    expect(redis).toMatchObject({
      url: undefined,
      sentinel: {
        name: 'mymaster',
        nodes: [
          { host: 'sentinel-1', port: 26_379 },
          { host: '2001:db8::1', port: 26_380 },
        ],
      },
      username: 'broker',
    });
    expect(redis.password?.reveal()).toBe('fake-1');
    expect(redis.sentinel?.password).toHaveProperty('sha256', new Secret('fake-2').sha256);
  });

  it('are a Cluster', () => {
    expect(resolved({ cluster: ['redis-1:6379', '10.0.0.2:7000'] })).toMatchObject({
      cluster: [
        { host: 'redis-1', port: 6379 },
        { host: '10.0.0.2', port: 7000 },
      ],
      sentinel: undefined,
    });
  });

  it.each([
    'redis-1',
    'redis-1:',
    ':6379',
    'redis-1:0',
    'redis-1:x',
    '::1:6379',
    'redis://planted:1',
    'a b:1',
    1,
  ])('have no node %j', (node) => {
    const fault = 'must be a list in which each is host:port, such as redis-1:6379';
    expect(faults({ cluster: [node] })).toEqual([`cluster: ${fault}`]);
    expect(faults({ sentinel: { name: 'a', nodes: ['b:1', node] } })).toEqual([`sentinel.nodes: ${fault}`]);
  });

  it('have ports that exist, and are at least one', () => {
    expect(faults({ cluster: ['a:65535', 'b:65536'] })).toEqual([
      'cluster[1]: must have a port from 1 to 65535',
    ]);
    expect(faults({ cluster: [] })).toEqual(['cluster: must be a list of at least one host:port']);
    expect(faults({ sentinel: { nodes: [] } })).toEqual([
      'sentinel.name: must be set',
      'sentinel.nodes: must be a list of at least one host:port',
    ]);
  });

  it('log in with a password, and Sentinels only where there are some', () => {
    expect(faults({ cluster: ['a:1'], username: 'planted', sentinelPassword: 'planted' })).toEqual([
      'password: must be set when `username` is',
      'sentinelPassword: must be left out without `sentinel`',
    ]);
  });
});

describe('the store', () => {
  it('is in exactly one place', () => {
    expect(faults({})).toEqual(['url: must be set, unless `sentinel` or `cluster` is']);
    expect(faults({ url, sentinel, cluster: ['a:1'] })).toEqual([
      'sentinel: must be left out when `url` is set',
      'cluster: must be left out when `url` is set',
    ]);
    expect(faults({ sentinel, cluster: ['a:1'] })).toEqual([
      'cluster: must be left out when `sentinel` is set',
    ]);
  });

  it.each([[{}], [[]], [{ redis: null }], ['redis'], [null]])('is not %j', (store) => {
    const all = folder.faults(someSettings({}, {}, { store }));
    expect(all).toEqual([expect.stringMatching(/^store(\.redis)?: must /)]);
  });

  it('has a prefix without braces, which would be hash tags', () => {
    expect(resolved({ url, keyPrefix: 'A:b_c-9' }).keyPrefix).toBe('A:b_c-9');
    for (const keyPrefix of ['', '{a}', 'a b', 'x'.repeat(65), 'a*']) {
      expect(faults({ url, keyPrefix })).toEqual([
        'keyPrefix: must be 1 to 64 letters, digits, ":", "_" and "-"',
      ]);
    }
  });

  it('prints no secret, whatever prints it', () => {
    folder.write('ca.pem', certificates.ca);
    const passwords = { password: 'planted-1', sentinelPassword: 'planted-2' };
    const lockNodes = ['redis://:planted-3@a', 'redis://:planted-3@b', 'redis://:planted-3@c'];
    const key = Buffer.from('planted-not-a-real-key-of-32-by.').toString('base64');
    const redis = resolved({ sentinel, ...passwords, lockNodes, encryptionKeys: [{ id: 'a', key }] });
    const printed = JSON.stringify(redis) + inspect(redis, { depth: null, showHidden: true });
    expect(printed).not.toContain('planted');
    expect(printed).not.toContain(key);
  });
});

describe('TLS of the store', () => {
  it('is on by a word, or by the authorities to trust', () => {
    folder.write('ca.pem', certificates.ca);
    const ca = certificates.ca.trim();
    expect(resolved({ sentinel })).toMatchObject({ tls: false, ca: undefined });
    expect(resolved({ sentinel, tls: true })).toMatchObject({ tls: true, ca: undefined });
    expect(resolved({ cluster: ['a:1'], tls: { ca: { file: 'ca.pem' } } })).toMatchObject({ tls: true, ca });
    expect(resolved({ url: 'rediss://redis', tls: { ca } })).toMatchObject({ ca });
  });

  it('must not seem to be on where the URLs turn it off', () => {
    const fault = 'tls: must be left out with redis://; rediss:// turns TLS on';
    expect(faults({ url, tls: true })).toEqual([fault]);
    expect(faults({ url, tls: { ca: certificates.ca } })).toEqual([fault]);
    const lockNodes = ['rediss://a', 'rediss://b', 'rediss://c'];
    expect(resolved({ url, lockNodes, tls: { ca: certificates.ca } }).ca).toBe(certificates.ca.trim());
  });

  it.each([false, 'true', {}, { ca: 1 }, { ca: 'x', planted: 'y' }, [], null])('must not be %j', (tls) => {
    expect(faults({ sentinel, tls })).toEqual([expect.stringMatching(/^tls: must /)]);
  });

  it('trusts certificates only', () => {
    expect(faults({ sentinel, tls: { ca: 'planted' } })).toEqual(['tls.ca: must be a certificate in PEM']);
    expect(faults({ sentinel, tls: { ca: { file: 'missing' } } })).toEqual([
      `tls.ca.file: must be a readable file: ${folder.path}/missing (no such file)`,
    ]);
  });
});

describe('the nodes that vote on the lock', () => {
  it('are URLs, each of which may be in a file', () => {
    folder.write('b', 'rediss://:fake@redis-b:6380\n');
    const { lockNodes } = resolved({ url, lockNodes: ['redis://a', { file: 'b' }, 'redis://c'] });
    expect(lockNodes?.map((node) => node.reveal())).toEqual([
      'redis://a',
      'rediss://:fake@redis-b:6380',
      'redis://c',
    ]);
    expect(resolved({ url }).lockNodes).toBeUndefined();
  });

  it.each<[unknown]>([
    [[]],
    [['redis://a']],
    [['redis://a', 'redis://b']],
    [Array(4).fill(url)],
    [[url, url, 1]],
    [url],
  ])('are not %j', (lockNodes) => {
    expect(faults({ url, lockNodes })).toEqual([
      'lockNodes: must be a list of 3, 5 or another odd number of texts in quotes or { file: PATH }',
    ]);
  });

  it('must be well-formed, and distinct servers', () => {
    expect(faults({ url, lockNodes: ['redis://a', 'planted', 'redis://c'] })).toEqual([
      expect.stringMatching(/^lockNodes\[1\]: must be redis:\/\//),
    ]);
    expect(faults({ url, lockNodes: ['redis://a', 'redis://b', 'redis://:planted@A:6379/1'] })).toEqual([
      'lockNodes[2]: is already used by lockNodes[0]',
    ]);
  });
});

describe('the encryption keys', () => {
  const key = Buffer.alloc(32, 'not-a-key-1').toString('base64');
  const other = Buffer.alloc(32, 'not-a-key-2').toString('base64');

  it('are kept in their order', () => {
    folder.write('key', `${other}\n`);
    const { encryptionKeys } = resolved({
      url,
      encryptionKeys: [
        { id: '2026-12', key: { file: 'key' } },
        { id: '2026-11', key },
      ],
    });
    expect(encryptionKeys.map(({ id, key: secret }) => [id, secret.reveal()])).toEqual([
      ['2026-12', other],
      ['2026-11', key],
    ]);
  });

  it.each([
    'planted',
    Buffer.alloc(31).toString('base64'),
    Buffer.alloc(33).toString('base64'),
    'ä'.repeat(44),
  ])('must not be %j', (bad) => {
    const fault = 'must be exactly 32 bytes in base64; `openssl rand -base64 32` makes them';
    expect(faults({ url, encryptionKeys: [{ id: 'a', key: bad }] })).toEqual([
      `encryptionKeys[0].key: ${fault}`,
    ]);
    folder.write('key', bad);
    expect(faults({ url, encryptionKeys: [{ id: 'a', key: { file: 'key' } }] })).toEqual([
      `encryptionKeys[0].key: ${fault}`,
    ]);
  });

  it('must be one at least, each with an identifier', () => {
    expect(faults({ url, encryptionKeys: undefined })).toEqual(['encryptionKeys: must be set']);
    expect(faults({ url, encryptionKeys: [] })).toEqual([
      'encryptionKeys: must be a list of at least one mapping',
    ]);
    for (const id of ['', 'a b', 'x'.repeat(33), 'ä']) {
      expect(faults({ url, encryptionKeys: [{ id, key }] })).toEqual([
        'encryptionKeys[0].id: must be 1 to 32 letters, digits, ".", "_" and "-"',
      ]);
    }
    expect(faults({ url, encryptionKeys: [{ key }] })).toEqual(['encryptionKeys[0].id: must be set']);
  });

  it('must not share an identifier, nor be one key under two', () => {
    const two = (a: object, b: object) => faults({ url, encryptionKeys: [a, b] });
    expect(two({ id: 'a', key }, { id: 'a', key: other })).toEqual([
      'encryptionKeys[1].id: is already used by encryptionKeys[0]',
    ]);
    // The last digit before the padding has two bits that mean nothing: another text, the same key.
    const respelt = `${key.slice(0, 42)}${String.fromCharCode(key.charCodeAt(42) + 1)}=`;
    expect(Buffer.from(respelt, 'base64').toString('base64')).toBe(key);
    expect(two({ id: 'a', key }, { id: 'b', key: respelt })).toEqual([
      'encryptionKeys[1].key: is already used by encryptionKeys[0]',
    ]);
  });
});
