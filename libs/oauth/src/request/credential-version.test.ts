import { generateKeyPairSync } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '#tokens/model/secret.js';
import { someCertificates, type Certificates } from '#test/certificates.js';
import type {
  ClientCertificate,
  ClientCredential,
  ClientPrivateKey,
  ClientSecret,
} from './client-credential.js';
import { credentialVersion } from './credential-version.js';

const server = 'https://auth.example/token';

function secret(value: string): ClientSecret {
  return { clientAuthentication: 'client_secret_basic', clientSecret: new Secret(value) };
}

function key(pem: string, options: Partial<ClientPrivateKey> = {}): ClientPrivateKey {
  return {
    clientAuthentication: 'private_key_jwt',
    privateKey: new Secret(pem),
    algorithm: 'ES256',
    ...options,
  };
}

function ecKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

describe('credentialVersion', () => {
  it('of a secret is 16 bytes in base64url and always the same', async () => {
    const version = await credentialVersion(secret('not-a-real-secret'), server, 'client-1');

    expect(version).toMatch(/^[\w-]{22}$/);
    expect(await credentialVersion(secret('not-a-real-secret'), server, 'client-1')).toBe(version);
  });

  it.each([
    ['the secret', 'another-fake-secret', server, 'client-1'],
    ['the authorization server', 'not-a-real-secret', 'https://other.example/token', 'client-1'],
    ['the client id', 'not-a-real-secret', server, 'client-2'],
  ])('of a secret changes with %s', async (_title, value, authorizationServer, clientId) => {
    const version = await credentialVersion(secret('not-a-real-secret'), server, 'client-1');

    expect(await credentialVersion(secret(value), authorizationServer, clientId)).not.toBe(version);
  });

  it('of a secret is taken over where another replica has derived it, and shared where none has', async () => {
    const kept = new Map([['fake-secret-of-others', 'derived-by-another-one']]);
    const shared = {
      find: async (value: string) => kept.get(value),
      keep: async (value: string, _salt: string, derived: string) => void kept.set(value, derived),
    };
    expect(await credentialVersion(secret('fake-secret-of-others'), server, 'client-1', shared)).toBe(
      'derived-by-another-one',
    );
    const own = await credentialVersion(secret('fake-secret-of-its-own'), server, 'client-1', shared);
    expect(kept.get('fake-secret-of-its-own')).toBe(own);
  });

  it('of a private key changes with the key, its id and the algorithm, and not with the form of its PEM', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pkcs8 = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const pkcs1 = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
    const version = (credential: ClientPrivateKey) => credentialVersion(credential, server, 'client-1');
    const first = await version(key(pkcs8, { algorithm: 'RS256' }));

    expect(await version(key(pkcs1, { algorithm: 'RS256' }))).toBe(first);
    expect(await version(key(pkcs8, { algorithm: 'PS256' }))).not.toBe(first);
    expect(await version(key(pkcs8, { algorithm: 'RS256', keyId: '2' }))).not.toBe(first);
    expect(await version(key(ecKey()))).not.toBe(await version(key(ecKey())));
  });

  it.each([
    ['is none', () => key('not-a-real-key')],
    ['is for another algorithm', () => key(ecKey(), { algorithm: 'RS256' })],
    ['is for another curve', () => key(ecKey(), { algorithm: 'ES384' })],
    [
      'is too short',
      () =>
        key(
          generateKeyPairSync('rsa', { modulusLength: 1024 })
            .privateKey.export({ type: 'pkcs8', format: 'pem' })
            .toString(),
          { algorithm: 'RS256' },
        ),
    ],
  ])('refuses a private key that %s, without a word of it', async (_title, credential) => {
    const failure = await credentialVersion(credential(), server, 'client-1').catch(
      (error: unknown) => error,
    );

    expect(failure).toBeInstanceOf(TypeError);
    expect(String(failure)).not.toContain('not-a-real-key');
  });

  it('of an assertion changes with its issuer, subject, audience and type, and not with its other claims', async () => {
    const version = (claims: object, type: 'jwt-bearer' | 'jwt-spiffe' = 'jwt-bearer') =>
      credentialVersion(
        { clientAuthentication: 'client_assertion', file: '/token', type, claims: { ...some, ...claims } },
        server,
        'client-1',
      );
    const some = { iss: 'https://cluster.example', sub: 'broker', aud: ['one'] };
    const others = [
      version({ iss: 'https://other.example' }),
      version({ sub: 'another' }),
      version({ aud: ['one', 'two'] }),
      version({}, 'jwt-spiffe'),
    ];

    expect(await version({ exp: 1 })).toBe(await version({ exp: 2 }));
    expect(new Set([await version({}), ...(await Promise.all(others))]).size).toBe(5);
  });

  it('with a certificate or a grant besides changes with each', async () => {
    const { client, otherClient } = await someCertificates();
    const [one, other] = [client, otherClient].map(({ cert, key: pem }) => ({
      certificate: cert,
      key: new Secret(pem),
    }));
    const grants = [key(ecKey()), key(ecKey())];
    const none = { clientAuthentication: 'none' } as const;
    const basic = secret('not-a-real-secret');
    const all: ClientCredential[] = [
      basic,
      { ...basic, tls: one },
      { ...basic, tls: other },
      { ...basic, tls: one, grant: grants[0] },
      { ...none, grant: grants[0] },
      { ...none, grant: grants[1] },
    ];
    const versions = await Promise.all(all.map((each) => credentialVersion(each, server, 'client-1')));

    expect(new Set(versions).size).toBe(all.length);
    expect(versions.filter((version) => !/^[\w-]{22}$/.test(version))).toEqual([]);
  });

  describe('of a certificate', () => {
    let certificates: Certificates;
    beforeAll(async () => {
      certificates = await someCertificates();
    });

    function certificate(cert: string, pem: string): ClientCertificate {
      return { clientAuthentication: 'tls_client_auth', certificate: cert, key: new Secret(pem) };
    }

    it('changes with the certificate and with the chain', async () => {
      const { client, otherClient, ca } = certificates;
      const versions = await Promise.all(
        [
          certificate(client.cert, client.key),
          certificate(otherClient.cert, otherClient.key),
          certificate(`${client.cert}\n${ca}`, client.key),
        ].map((credential) => credentialVersion(credential, server, 'client-1')),
      );

      expect(new Set(versions).size).toBe(3);
    });

    it('does not change with white space around it', async () => {
      const { client } = certificates;
      const [one, two] = await Promise.all(
        [client.cert, `\n${client.cert}\n`].map((cert) =>
          credentialVersion(certificate(cert, client.key), server, 'client-1'),
        ),
      );

      expect(one).toBe(two);
    });

    it('refuses one that is none, and a key of another one', async () => {
      const { client, otherClient } = certificates;
      const version = (credential: ClientCertificate) => credentialVersion(credential, server, 'client-1');

      await expect(version(certificate('nothing', client.key))).rejects.toThrow('not in PEM');
      await expect(version(certificate(client.cert, otherClient.key))).rejects.toThrow(
        'the key is not the private key of the certificate',
      );
      await expect(version(certificate(client.cert, 'nothing'))).rejects.toThrow(TypeError);
    });
  });
});
