import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SigningKey } from '#oauth/request/client-credential.js';
import { signingAlgorithms } from '#tokens/model/signing-algorithms.js';
import { SettingsFolder, someSettings } from '#test/settings-folder.js';

let folder: SettingsFolder;

beforeEach(() => {
  folder = new SettingsFolder();
});
afterEach(() => folder.remove());

const pkcs8 = { type: 'pkcs8', format: 'pem' } as const;

function pemOf({ privateKey }: { privateKey: KeyObject }): string {
  return privateKey.export(pkcs8).toString();
}

const keys: Record<string, string> = {
  RSA: pemOf(generateKeyPairSync('rsa', { modulusLength: 2048 })),
  'RSA-PSS': pemOf(generateKeyPairSync('rsa-pss', { modulusLength: 2048 })),
  'short RSA': pemOf(generateKeyPairSync('rsa', { modulusLength: 1024 })),
  'P-256': pemOf(generateKeyPairSync('ec', { namedCurve: 'P-256' })),
  'P-384': pemOf(generateKeyPairSync('ec', { namedCurve: 'P-384' })),
  'P-521': pemOf(generateKeyPairSync('ec', { namedCurve: 'P-521' })),
  secp256k1: pemOf(generateKeyPairSync('ec', { namedCurve: 'secp256k1' })),
  Ed25519: pemOf(generateKeyPairSync('ed25519')),
  X25519: pemOf(generateKeyPairSync('x25519')),
};

function client(options: Record<string, unknown>) {
  return someSettings({ clientSecret: undefined, ...options });
}

describe('private_key_jwt', () => {
  const clientAuthentication = 'private_key_jwt';

  it.each([
    ['RSA', 'RS256'],
    ['RSA-PSS', 'PS256'],
    ['P-256', 'ES256'],
    ['P-384', 'ES384'],
    ['P-521', 'ES512'],
    ['Ed25519', 'EdDSA'],
  ])('with a key of %s signs by %s', (kind, algorithm) => {
    folder.write('key.pem', `${keys[kind]}\n\n`);
    const file = client({ clientAuthentication, privateKey: { file: 'key.pem' }, keyId: 'key-1' });
    const { settings, warnings } = folder.load(file);
    const [credential, ...others] = settings.clients.rabot?.credentials ?? [];
    expect(credential).toMatchObject({ clientAuthentication, algorithm, keyId: 'key-1' });
    expect((credential as SigningKey).privateKey.reveal()).toBe(keys[kind]?.trim());
    expect(others).toEqual([]);
    expect(warnings).toEqual([]);
  });

  it('takes another algorithm that fits the key', () => {
    const file = client({ clientAuthentication, privateKey: keys.RSA, algorithm: 'PS512' });
    expect(folder.load(file).settings.clients.rabot?.credentials).toMatchObject([{ algorithm: 'PS512' }]);
  });

  it.each([
    ['P-256', 'ES384', 'ES256'],
    ['RSA-PSS', 'RS256', 'PS256, PS384, PS512'],
  ])('with a key of %s refuses %s', (kind, algorithm, possible) => {
    expect(folder.faults(client({ clientAuthentication, privateKey: keys[kind], algorithm }))).toEqual([
      `clients.rabot.algorithm: must fit the private key: ${possible}`,
    ]);
  });

  it.each(['secp256k1', 'X25519'])('refuses a key of %s', (kind) => {
    expect(folder.faults(client({ clientAuthentication, privateKey: keys[kind] }))).toEqual([
      'clients.rabot.privateKey: must be an RSA, P-256, P-384, P-521 or Ed25519 key',
    ]);
  });

  it('refuses an RSA key that is too short', () => {
    expect(folder.faults(client({ clientAuthentication, privateKey: keys['short RSA'] }))).toEqual([
      'clients.rabot.privateKey: must be an RSA key of 2048 bits or more',
    ]);
  });

  it('refuses what is no private key, without quoting it', () => {
    const pair = generateKeyPairSync('ed25519');
    const publicKey = pair.publicKey.export({ type: 'spki', format: 'pem' });
    const cipher = { cipher: 'aes-256-cbc', passphrase: 'not-a-real-secret' };
    const encrypted = pair.privateKey.export({ ...pkcs8, ...cipher });
    for (const [privateKey, what] of [
      ['planted', ''],
      [keys.RSA?.slice(0, 200), ''],
      [publicKey, '; this is a public key'],
      [encrypted, '; this one is encrypted: decrypt it by `openssl pkey -in FILE`'],
    ]) {
      expect(folder.faults(client({ clientAuthentication, privateKey }))).toEqual([
        `clients.rabot.privateKey: must be an unencrypted private key in PEM, or a JWK${String(what)}`,
      ]);
    }
  });

  it('needs the key, and no secret', () => {
    expect(folder.faults(client({ clientAuthentication }))).toEqual([
      'clients.rabot.privateKey: must be set for private_key_jwt',
    ]);
  });

  it('takes two keys during a rotation, each with its own id and algorithm', () => {
    const privateKey = [keys['P-256'], keys.RSA];
    const { settings } = folder.load(client({ clientAuthentication, privateKey, keyId: ['new', 'old'] }));
    expect(settings.clients.rabot?.credentials).toMatchObject([
      { algorithm: 'ES256', keyId: 'new' },
      { algorithm: 'RS256', keyId: 'old' },
    ]);
    expect(folder.faults(client({ clientAuthentication, privateKey, keyId: 'new' }))).toEqual([
      'clients.rabot.keyId: must name each private key: 2, in their order',
    ]);
    expect(folder.faults(client({ clientAuthentication, privateKey: [keys.RSA, 'planted'] }))).toEqual([
      'clients.rabot.privateKey[1]: must be an unencrypted private key in PEM, or a JWK',
    ]);
  });
});

describe('assertion', () => {
  const clientAuthentication = 'private_key_jwt';
  const privateKey = keys['P-256'];

  it('sets what the assertion says, in the request key as well', () => {
    const loaded = (assertion?: object) =>
      folder.load(client({ clientAuthentication, privateKey, assertion })).settings.clients.rabot!;
    const assertion = { audience: 'https://auth.example', lifetime: 30, claims: { org: 'o-1' } };
    expect(loaded(assertion).credentials).toMatchObject([
      { assertion: { audience: 'https://auth.example', lifetime: 30_000, claims: { org: 'o-1' } } },
    ]);
    const variants = [undefined, assertion, { ...assertion, claims: { org: 'o-2' } }].map(
      (one) => loaded(one).variant,
    );
    expect(new Set(variants).size).toBe(3);
    expect(variants[0]).toBeUndefined();
  });

  it.each<[object, string]>([
    [{ claims: { iss: 'x' } }, 'claims: must not set iss: the broker does'],
    [{ audience: [] }, 'audience: must be a text, or a list of at least one text'],
    [{ type: 'a b' }, 'type: must be a media type without `application/`'],
    [
      { lifetime: 9 },
      'lifetime: must be a whole number from 10 to 3600, in seconds, or a duration such as 10s or 5m',
    ],
    [{ algorithm: 'HS256' }, `algorithm: must be one of ${signingAlgorithms.join(', ')}`],
  ])('refuses %j', (assertion, fault) => {
    expect(folder.faults(client({ clientAuthentication, privateKey, assertion }))).toEqual([
      `clients.rabot.assertion.${fault}`,
    ]);
  });

  it('has the algorithm in one place', () => {
    const assertion = { algorithm: 'ES256' };
    const file = client({ clientAuthentication, privateKey, assertion });
    expect(folder.load(file).settings.clients.rabot?.credentials).toMatchObject([{ algorithm: 'ES256' }]);
    expect(
      folder.faults(client({ clientAuthentication, privateKey, algorithm: 'ES256', assertion })),
    ).toEqual(['clients.rabot.assertion.algorithm: must be left out when `algorithm` of the client is set']);
  });

  it('is warned about what only a grant has', () => {
    const file = client({ clientAuthentication, privateKey, assertion: { subject: 'someone' } });
    expect(folder.load(file).warnings).toEqual([
      'clients.rabot.assertion.subject: is used with the grant jwt-bearer only',
    ]);
  });
});

describe('grant: jwt-bearer', () => {
  const grant = 'jwt-bearer';

  it('needs a key, and no other client authentication', () => {
    const { settings, warnings } = folder.load(client({ grant, privateKey: keys['P-256'] }));
    expect(settings.clients.rabot).toMatchObject({ grant, clientAuthentication: 'none' });
    expect(settings.clients.rabot?.credentials).toMatchObject([
      { clientAuthentication: 'none', grant: { algorithm: 'ES256' } },
    ]);
    expect(warnings).toEqual([]);
    expect(folder.faults(client({ grant }))).toEqual([
      'clients.rabot.privateKey: must be set for the grant jwt-bearer',
    ]);
  });

  it('may have one: each secret of a rotation is tried with each key', () => {
    const both = { clientAuthentication: 'client_secret_post', clientSecret: ['one', 'two'] };
    const file = client({ grant, ...both, privateKey: [keys['P-256'], keys.RSA] });
    const { credentials } = folder.load(file).settings.clients.rabot!;
    expect(credentials.map(({ grant: one }) => one && 'algorithm' in one && one.algorithm)).toEqual([
      'ES256',
      'RS256',
      'ES256',
      'RS256',
    ]);
  });

  it.each([
    ['private_key_jwt', 'jwt-bearer', 'private_key_jwt with the grant jwt-bearer: the key signs the grant'],
    ['none', 'client_credentials', 'none with the grant client_credentials'],
  ])('is refused with %s and %s', (method, name, fault) => {
    const file = client({ clientAuthentication: method, grant: name, privateKey: keys['P-256'] });
    expect(folder.faults(file)).toEqual([`clients.rabot.clientAuthentication: must not be ${fault}`]);
  });
});

describe('keys: managed', () => {
  const fields = { clientAuthentication: 'private_key_jwt', keys: 'managed' };
  const settings = (options: Record<string, unknown> = {}, rest: Record<string, unknown> = {}) => ({
    ...client({ ...fields, ...options }),
    managedKeys: { folder: 'keys' },
    ...rest,
  });

  it('need no private key, and are kept in the folder, by RS256 unless another algorithm is set', () => {
    const loaded = folder.load(settings());
    expect(loaded.warnings).toEqual([]);
    expect(loaded.settings.managedKeys).toEqual({
      rotateEvery: 30 * 86_400_000,
      announceFor: 86_400_000,
      keepFor: 86_400_000,
      folder: `${folder.path}/keys`,
      isPossible: true,
    });
    expect(loaded.settings.clients.rabot?.credentials).toMatchObject([
      { managed: { client: 'rabot', algorithm: 'RS256', rotation: { rotateEvery: 30 * 86_400_000 } } },
    ]);
    const other = folder.load(settings({ algorithm: 'ES256' })).settings.clients.rabot;
    expect(other?.credentials).toMatchObject([{ managed: { algorithm: 'ES256' } }]);
  });

  it.each<[Record<string, unknown>, Record<string, unknown>, string]>([
    [
      {},
      { managedKeys: {} },
      'clients.rabot.keys: needs `store.redis`, or `managedKeys.folder` for a single replica',
    ],
    [{ privateKey: 'x' }, {}, 'clients.rabot.privateKey: must be left out with `keys: managed`'],
    [{ keys: 'mine' }, {}, 'clients.rabot.keys: must be managed'],
    [
      {},
      { managedKeys: { folder: 'k', announceFor: '31d' } },
      'managedKeys.announceFor: must not be longer than `rotateEvery`',
    ],
    [
      {},
      { managedKeys: { folder: 'k', keepFor: '10h', rotateEvery: '5m', announceFor: '1m' } },
      'managedKeys.keepFor: must not be longer than 100 times `rotateEvery`',
    ],
    [
      {},
      { managedKeys: { folder: 'k', rotateEvery: '30 days' } },
      'managedKeys.rotateEvery: must be a number from 0.1 to 315360000, in seconds, or a duration such as 10s or 5m',
    ],
  ])('of %j with %j are refused', (options, rest, fault) => {
    expect(folder.faults(settings(options, rest))).toEqual([fault]);
  });
});
