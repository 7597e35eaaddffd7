import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ClientPrivateKey } from '#oauth/request/client-credential.js';
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
    expect((credential as ClientPrivateKey).privateKey.reveal()).toBe(keys[kind]?.trim());
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
    for (const privateKey of ['planted', keys.RSA?.slice(0, 200), publicKey, encrypted]) {
      expect(folder.faults(client({ clientAuthentication, privateKey }))).toEqual([
        'clients.rabot.privateKey: must be an unencrypted private key in PEM',
      ]);
    }
  });

  it('needs the key, and no secret', () => {
    expect(folder.faults(client({ clientAuthentication }))).toEqual([
      'clients.rabot.privateKey: must be set for private_key_jwt',
    ]);
  });
});
