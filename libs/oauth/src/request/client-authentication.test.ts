import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { SystemClock } from '#tokens/model/clock.js';
import { ScopeSet } from '#tokens/model/scope-set.js';
import { Secret } from '#tokens/model/secret.js';
import { failureOf, ownAdapter, setUp } from '../../../../test/oauth/own-adapter.js';
import { answer, grant, ownServer, type Respond } from '../../../../test/oauth/own-server.js';
import { assertion } from '#test/cluster-issuer.js';
import { FakeClock } from '#test/fake-clock.js';
import { type Identity, someCertificates } from '#test/certificates.js';
import { someClient } from '#test/the.js';
import type { SigningAlgorithm } from '#tokens/model/signing-algorithms.js';
import { assertionClaims } from './assertion-file.js';
import type { AssertionType, ClientCredential, ClientPrivateKey } from './client-credential.js';

const scopes = ScopeSet.parse('api:partner create:orders');
const request = someClient().request(scopes);

describe('client authentication', () => {
  it('by Basic is form-url-encoded first', async () => {
    const { adapter, server } = await setUp(
      (response) => grant(response),
      {},
      { clientAuthentication: 'client_secret_basic', clientSecret: new Secret(':%+ é') },
    );

    await adapter.requestToken(someClient({ clientId: 'id:with%odd+ é' }).request(scopes), 'v1');

    const [received] = server.received;
    const credentials = received!.headers.authorization!.replace('Basic ', '');
    expect(Buffer.from(credentials, 'base64').toString()).toBe('id%3Awith%25odd%2B+%C3%A9:%3A%25%2B+%C3%A9');
    expect(received!.body.has('client_id')).toBe(false);
    expect(received!.body.has('client_secret')).toBe(false);
  });

  it('by Basic leaves the octets of a UUID as they are, which servers that do not decode know then', async () => {
    const clientSecret = new Secret('not.a_real~secret-0');
    const { adapter, server } = await setUp(
      (response) => grant(response),
      {},
      { clientAuthentication: 'client_secret_basic', clientSecret },
    );
    const clientId = '00000000-f554-4000-8000-000000000000';

    await adapter.requestToken(someClient({ clientId }).request(scopes), 'v1');

    const credentials = server.received[0]!.headers.authorization!.replace('Basic ', '');
    expect(Buffer.from(credentials, 'base64').toString()).toBe(`${clientId}:not.a_real~secret-0`);
  });

  it('by Basic with basicEncoding none sends id and secret as they are', async () => {
    const { adapter, server } = await setUp(
      (response) => grant(response),
      {},
      {
        clientAuthentication: 'client_secret_basic',
        clientSecret: new Secret('not+a/real=secret:é'),
        basicEncoding: 'none',
      },
    );

    await adapter.requestToken(request, 'v1');

    const credentials = server.received[0]!.headers.authorization!.replace('Basic ', '');
    expect(Buffer.from(credentials, 'base64').toString()).toBe('client-1:not+a/real=secret:é');
  });

  it('by post goes into the body', async () => {
    const { adapter, server } = await setUp(
      (response) => grant(response),
      {},
      { clientAuthentication: 'client_secret_post', clientSecret: new Secret(':%+ é') },
    );

    await adapter.requestToken(request, 'v1');

    const [received] = server.received;
    expect(received!.headers.authorization).toBeUndefined();
    expect(received!.body.get('client_id')).toBe('client-1');
    expect(received!.body.get('client_secret')).toBe(':%+ é');
  });

  it('is never tried in another style', async () => {
    const { adapter, server } = await setUp((response) => answer(response, 401, { error: 'invalid_client' }));

    expect((await failureOf(adapter.requestToken(request, 'v1'))).reason).toBe('client_refused');
    expect(server.received).toHaveLength(1);
  });

  const rsa = () => generateKeyPairSync('rsa', { modulusLength: 2048 });
  const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve });
  it.each<[SigningAlgorithm, () => { privateKey: KeyObject; publicKey: KeyObject }]>([
    ['RS256', rsa],
    ['PS256', rsa],
    ['ES256', () => ec('P-256')],
    ['ES384', () => ec('P-384')],
    ['ES512', () => ec('P-521')],
    ['EdDSA', () => generateKeyPairSync('ed25519')],
    ['Ed25519', () => generateKeyPairSync('ed25519')],
  ])('by private key signs with %s for the token endpoint', async (algorithm, generate) => {
    const { privateKey, publicKey } = generate();
    const { adapter, server, tokenEndpoint } = await setUp(
      (response) => grant(response),
      { clock: new SystemClock() },
      privateKeyOf(privateKey, algorithm, 'key-1'),
    );

    await adapter.requestToken(request, 'v1');

    const [received] = server.received;
    const sent = received!.body.get('client_assertion')!;
    expect(decodeProtectedHeader(sent)).toEqual({ alg: algorithm, kid: 'key-1' });
    const { payload } = await jwtVerify(sent, publicKey, { audience: tokenEndpoint });
    expect(payload).toMatchObject({ iss: 'client-1', sub: 'client-1', jti: expect.any(String) });
    expect(received!.body.get('client_assertion_type')).toContain('jwt-bearer');
  });

  it('by private key dates an assertion 10 s back and without nbf, for servers whose clock is behind', async () => {
    const { adapter, server } = await setUp(
      (response) => grant(response),
      { clock: new SystemClock() },
      privateKeyOf(ec('P-256').privateKey, 'ES256'),
    );

    await adapter.requestToken(request, 'v1');

    const { iat, exp, nbf } = decodeJwt(server.received[0]!.body.get('client_assertion')!);
    expect(nbf).toBeUndefined();
    expect(Math.abs(Date.now() / 1000 - 10 - iat!)).toBeLessThan(9);
    expect(exp! - iat!).toBe(60);
  });

  it('by private key says what assertion sets: audience, type, lifetime and further claims', async () => {
    const claims = { authorization_details: [{ type: 'payment' }], organisation: 'o-1' };
    const audience = ['https://auth.example', 'https://other.example'];
    const { adapter, server } = await setUp(
      (response) => grant(response),
      { clock: new SystemClock() },
      {
        ...privateKeyOf(ec('P-256').privateKey, 'ES256'),
        assertion: { audience, type: 'client-authentication+jwt', lifetime: 300_000, claims },
      },
    );

    await adapter.requestToken(request, 'v1');

    const sent = server.received[0]!.body.get('client_assertion')!;
    expect(decodeProtectedHeader(sent)).toEqual({ alg: 'ES256', typ: 'client-authentication+jwt' });
    const { iat, exp, jti, ...said } = decodeJwt(sent);
    expect(said).toEqual({ iss: 'client-1', sub: 'client-1', aud: audience, ...claims });
    expect([exp! - iat!, jti]).toEqual([300, expect.any(String)]);
  });

  it.each([3 * 3_600_000, -3 * 3_600_000])(
    'by private key is dated by the clock of the server when that is %i ms ahead, with one more attempt',
    async (ahead) => {
      const serverNow = () => Date.now() + ahead;
      const { adapter, server } = await setUp(
        (response, { body }) => {
          response.setHeader('date', new Date(serverNow()).toUTCString());
          const { iat, exp } = decodeJwt(body.get('client_assertion')!);
          const now = serverNow() / 1000;
          if (iat! > now + 1 || exp! < now) return answer(response, 401, { error: 'invalid_client' });
          return grant(response);
        },
        { clock: new SystemClock() },
        privateKeyOf(ec('P-256').privateKey, 'ES256'),
      );

      await adapter.requestToken(request, 'v1');
      await adapter.requestToken(request, 'v1');

      expect(server.received).toHaveLength(3);
    },
  );

  it.each([
    ['that of Redis, where the server has no Date', { agreed: () => 0, ofStore: () => -3 * 3_600_000 }, 2],
    ['that of Redis and another server', { agreed: () => -3 * 3_600_000, ofStore: () => -3 * 3_600_000 }, 1],
  ])('by private key is dated by the better clock: %s', async (_, clockSkew, requests) => {
    const right = Date.now() - 3 * 3_600_000;
    const { adapter, server } = await setUp(
      (response, { body }) => {
        response.sendDate = false;
        const { iat } = decodeJwt(body.get('client_assertion')!);
        if (Math.abs(iat! * 1_000 - right) < 60_000) grant(response);
        else answer(response, 401, { error: 'invalid_client' });
      },
      { clock: new SystemClock(), clockSkew },
      privateKeyOf(ec('P-256').privateKey, 'ES256'),
    );

    await adapter.requestToken(request, 'v1');
    await adapter.requestToken(request, 'v1');

    expect(server.received).toHaveLength(requests + 1);
  });

  it('by private key is not tried again when the clocks agree', async () => {
    const { adapter, server } = await setUp(
      (response) => answer(response, 401, { error: 'invalid_client' }),
      { clock: new SystemClock() },
      privateKeyOf(ec('P-256').privateKey, 'ES256'),
    );

    await failureOf(adapter.requestToken(request, 'v1'));

    expect(server.received).toHaveLength(1);
  });

  it('by a private key that cannot sign is a fault in the settings, and sends nothing', async () => {
    const { privateKey } = ec('P-256');
    const { adapter, server } = await setUp(
      (response) => grant(response),
      {},
      privateKeyOf(privateKey, 'RS256'),
    );

    expect(await failureOf(adapter.requestToken(request, 'v1'))).toMatchObject({
      reason: 'client_refused',
      message: expect.stringContaining('Check clientId, privateKey, keyId and algorithm'),
    });
    expect(server.received).toEqual([]);
  });

  it('by certificate presents the one of the credential', async () => {
    const { ca, server: identity, client, otherClient } = await someCertificates();
    const subjects: string[] = [];
    const { origin, received } = await ownServer(
      (response) => {
        const socket = response.socket as unknown as { getPeerCertificate(): { subject: { CN: string } } };
        subjects.push(socket.getPeerCertificate().subject.CN);
        grant(response);
      },
      { ...identity, ca, requestCert: true },
    );
    const certificate = (pem: typeof client): ClientCredential => ({
      clientAuthentication: 'tls_client_auth',
      certificate: pem.cert,
      key: new Secret(pem.key),
    });
    const adapter = ownAdapter({
      endpoint: { tokenEndpoint: `${origin}/token` },
      ca,
      credentials: new Map([
        ['v1', certificate(client)],
        ['v2', certificate(otherClient)],
      ]),
    });

    await adapter.requestToken(request, 'v1');
    await adapter.requestToken(request, 'v2');

    expect(subjects).toEqual(['client-1', 'client-2']);
    expect(received[0]!.body.get('client_id')).toBe('client-1');
  });
});

describe('a certificate', () => {
  const certificate = ({ cert, key }: Identity) => ({ certificate: cert, key: new Secret(key) });

  it('is shown besides a secret, at the endpoint for clients with certificates', async () => {
    const { ca, server: identity, client } = await someCertificates();
    const { origin, received } = await ownServer(
      (response, { url }) => {
        if (url !== '/mtls') {
          const aliases = { token_endpoint: `${origin}/mtls` };
          const metadata = {
            issuer: origin,
            token_endpoint: `${origin}/token`,
            mtls_endpoint_aliases: aliases,
          };
          return answer(response, 200, metadata);
        }
        const socket = response.socket as unknown as { authorized: boolean };
        return socket.authorized ? grant(response) : answer(response, 401);
      },
      { ...identity, ca, requestCert: true, rejectUnauthorized: false },
    );
    const adapter = ownAdapter(
      { endpoint: { issuer: origin }, ca },
      {
        clientAuthentication: 'client_secret_basic',
        clientSecret: new Secret('not-a-real-secret'),
        tls: certificate(client),
      },
    );

    await adapter.requestToken(request, 'v1');

    expect(received.at(-1)!.headers.authorization).toMatch(/^Basic /);
  });
});

describe('client authentication by the assertion of a platform', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'assertion-')), 'token');
  afterAll(() => rmSync(dirname(file), { recursive: true }));
  const now = new FakeClock().wallTime() / 1000;
  const replaceFile = (make: () => void) => {
    rmSync(file, { force: true, recursive: true });
    make();
    onTestFinished(() => rmSync(file, { force: true, recursive: true }));
  };
  const credential = (type: AssertionType = 'jwt-bearer'): ClientCredential => ({
    clientAuthentication: 'client_assertion',
    file,
    type,
    claims: assertionClaims(assertion())!,
  });
  const setUpBy = (type?: AssertionType) => setUp((response) => grant(response), {}, credential(type));

  it.each(['jwt-bearer', 'jwt-spiffe'] as const)('by %s presents what the file holds then', async (type) => {
    const { adapter, server } = await setUpBy(type);
    for (const jti of ['one', 'two']) {
      writeFileSync(file, `${assertion({ jti })}\n`);
      await adapter.requestToken(request, 'v1');
    }

    expect(server.received.map(({ body }) => decodeJwt(body.get('client_assertion')!).jti)).toEqual([
      'one',
      'two',
    ]);
    expect(server.received[0]!.body.get('client_assertion_type')).toBe(
      `urn:ietf:params:oauth:client-assertion-type:${type}`,
    );
    expect(server.received[0]!.body.get('client_id')).toBe('client-1');
  });

  it.each<[string, () => void, RegExp]>([
    [
      'has expired',
      () => writeFileSync(file, assertion({ exp: now })),
      /expired at 2026-11-23T00:00:00.000Z/,
    ],
    ['is missing', () => rmSync(file, { force: true }), /cannot be read \(ENOENT\)/],
    ['holds no JWT', () => writeFileSync(file, 'planted'), /holds no JWT with a subject/],
    ['is empty', () => writeFileSync(file, ' \n'), /holds no JWT with a subject/],
    ['holds a JWT in quotes', () => writeFileSync(file, `"${assertion()}"`), /holds no JWT with a subject/],
    [
      'holds an encrypted JWT',
      () => writeFileSync(file, `${assertion()}.x.y`),
      /holds no JWT with a subject/,
    ],
    ['holds two', () => writeFileSync(file, `${assertion()}\n${assertion()}`), /holds no JWT with a subject/],
    [
      'names no audience',
      () => writeFileSync(file, assertion({ aud: undefined })),
      /with audience \(none\) now, and was for/,
    ],
    ['is a folder', () => replaceFile(() => mkdirSync(file)), /it is no regular file/],
    [
      'is a device without end',
      () => replaceFile(() => symlinkSync('/dev/zero', file)),
      /it is no regular file/,
    ],
    ['is too large', () => writeFileSync(file, 'x'.repeat(65_537)), /larger than 64 KiB/],
    [
      'names another subject',
      () => writeFileSync(file, assertion({ sub: 'x' })),
      /is for subject \S+ of issuer .* now, and was for subject \S+ of issuer/,
    ],
  ])('fails when the file %s, sends nothing, and says so', async (_, write, words) => {
    const { adapter, server } = await setUpBy();
    write();

    const failure = await failureOf(adapter.requestToken(request, 'v1'));

    expect(failure).toMatchObject({
      reason: 'credential_unavailable',
      cooldownScope: undefined,
      message: expect.stringMatching(words),
    });
    expect(failure.message).not.toContain('planted');
    expect(server.received).toEqual([]);
  });
});

describe('secrets', () => {
  const echo: Respond = (response, { headers, body }) =>
    answer(response, 401, {
      error: 'invalid_client',
      error_description: `got ${headers.authorization ?? ''} ${body.get('client_secret') ?? ''} ${body.get('client_assertion') ?? ''}`,
    });
  const clientSecret = new Secret('not a real+secret%');

  it.each<[string, ClientCredential]>([
    ['Basic', { clientAuthentication: 'client_secret_basic', clientSecret }],
    ['post', { clientAuthentication: 'client_secret_post', clientSecret }],
    ['private key', privateKeyOf(generateKeyPairSync('ed25519').privateKey, 'EdDSA')],
  ])('that a server echoes are in no part of the failure (%s)', async (_title, credential) => {
    const { adapter, server } = await setUp(echo, {}, credential);

    const failure = await failureOf(adapter.requestToken(request, 'v1'));

    expect(failure.message).toContain('invalid_client, got ');
    expect(failure.message).toContain('[redacted]');
    const printed = JSON.stringify({ ...failure, message: failure.message, stack: failure.stack });
    const [{ headers, body }] = server.received as [(typeof server.received)[0]];
    const sent = [headers.authorization?.slice(6), body.get('client_secret'), body.get('client_assertion')];
    expect(sent.filter((text) => text && printed.includes(text))).toEqual([]);
    expect(printed).not.toContain('not a real');
  });
});

function privateKeyOf(key: KeyObject, algorithm: SigningAlgorithm, keyId?: string): ClientPrivateKey {
  const pem = key.export({ type: 'pkcs8', format: 'pem' }).toString();
  return { clientAuthentication: 'private_key_jwt', privateKey: new Secret(pem), algorithm, keyId };
}
