import { atEndOfAll } from '#test/at-end.js';
import { X509Certificate } from 'node:crypto';
import { createLocalJWKSet, decodeJwt, type JSONWebKeySet, jwtVerify } from 'jose';
import { Agent, fetch } from 'undici';
import { beforeAll, describe, expect, it } from 'vitest';
import { BrokerProcess, someKey } from '#test/broker-process.js';
import { type Certificates, someCertificates } from '#test/certificates.js';
import { MountedFiles } from '#test/mounted-files.js';
import { type OidcProvider, resource, startOidcProvider } from '#test/oidc-provider.js';

const methods = [
  'client_secret_basic',
  'client_secret_post',
  'private_key_jwt',
  'tls_client_auth',
  'self_signed_tls_client_auth',
] as const;
type Method = (typeof methods)[number];

const scopes = ['api:partner', 'create:orders'];
const consumer = someKey();

const atEnd = atEndOfAll();
let provider: OidcProvider;
let files: MountedFiles;
let broker: BrokerProcess;
let keys: JSONWebKeySet;

beforeAll(async () => {
  const certificates = await someCertificates();
  provider = await startOidcProvider({ certificates });
  atEnd(() => provider.stop());
  files = new MountedFiles(fileContents(certificates));
  atEnd(async () => files.remove());
  const others: Record<string, object> = {
    'two-keys': {
      ...clientOf('private_key_jwt'),
      privateKey: [fileOf('other-private-key'), fileOf('private-key')],
      keyId: ['next', provider.clients.private_key_jwt.keyId],
    },
    'two-certificates': {
      ...clientOf('tls_client_auth'),
      certificate: [fileOf('other-certificate'), fileOf('certificate')],
      key: [fileOf('other-key'), fileOf('key')],
    },
    bound: {
      ...clientOf('client_secret_basic'),
      clientId: provider.clients.bound!.clientId,
      certificate: fileOf('certificate'),
      key: fileOf('key'),
    },
    typed: {
      ...clientOf('private_key_jwt'),
      assertion: {
        audience: provider.tokenEndpoint,
        type: 'client-authentication+jwt',
        claims: { org: 'o-1' },
      },
    },
  };
  const names = [...methods.flatMap((method) => [method, `${method}-by-issuer`]), ...Object.keys(others)];
  const settings = {
    clients: Object.fromEntries([
      ...methods.map((method) => [method, { ...clientOf(method), tokenEndpoint: provider.tokenEndpoint }]),
      ...methods.map((method) => [`${method}-by-issuer`, { ...clientOf(method), issuer: provider.issuer }]),
      ...Object.entries(others).map(([name, client]) => [name, { ...client, issuer: provider.issuer }]),
    ]),
    consumers: { one: { keys: [consumer.hash], allow: names.map((client) => ({ client, scopes })) } },
  };
  broker = await BrokerProcess.start(settings, { atEnd });
  const dispatcher = new Agent({ connect: { ca: certificates.ca } });
  keys = (await (await fetch(`${provider.issuer}/jwks`, { dispatcher })).json()) as JSONWebKeySet;
  await dispatcher.close();
});

function fileContents({ ca, otherClient }: Certificates): Record<string, string> {
  const {
    client_secret_basic: basic,
    client_secret_post: post,
    private_key_jwt,
    tls_client_auth,
  } = provider.clients;
  return {
    ca,
    'basic-secret': `${basic.clientSecret}\n`,
    'post-secret': `${post.clientSecret}\n`,
    'private-key': private_key_jwt.privateKey,
    certificate: tls_client_auth!.certificate,
    key: tls_client_auth!.key,
    'other-private-key': otherClient.key,
    'other-certificate': otherClient.cert,
    'other-key': otherClient.key,
  };
}

/** A client in the settings, with all that is secret in files. */
function clientOf(method: Method): object {
  const { keyId, algorithm } = provider.clients.private_key_jwt;
  const proofs: Record<Method, object> = {
    client_secret_basic: { clientSecret: fileOf('basic-secret') },
    client_secret_post: { clientSecret: fileOf('post-secret') },
    private_key_jwt: { privateKey: fileOf('private-key'), keyId, algorithm },
    tls_client_auth: { certificate: fileOf('certificate'), key: fileOf('key') },
    self_signed_tls_client_auth: { certificate: fileOf('certificate'), key: fileOf('key') },
  };
  const { clientId } = provider.clients[method]!;
  return { clientId, clientAuthentication: method, ...proofs[method], ca: fileOf('ca'), scopes, timeout: 5 };
}

function fileOf(name: string): { file: string } {
  return { file: files.path(name) };
}

describe.each(methods)('a real authorization server gives the broker a token by %s', (method) => {
  it.each([
    ['tokenEndpoint', method],
    ['issuer', `${method}-by-issuer`],
  ])('at its %s', async (_, client) => {
    const reply = await broker.get(`/token?client=${client}`, consumer.key);

    expect(reply).toMatchObject({ status: 200, body: { token_type: 'Bearer', scope: scopes.join(' ') } });
    const { payload } = await jwtVerify(String(reply.body['access_token']), createLocalJWKSet(keys), {
      issuer: provider.issuer,
      audience: resource,
    });
    expect(payload).toMatchObject({ client_id: provider.clients[method]!.clientId, scope: scopes.join(' ') });
    expect(Math.abs(Number(reply.body['expires_in']) - 3600)).toBeLessThanOrEqual(10);
  });
});

describe('a real authorization server', () => {
  it.each(['two-keys', 'two-certificates'])(
    'gives a token for the second when it refuses the first of %s',
    async (client) => {
      expect(await broker.get(`/token?client=${client}`, consumer.key)).toMatchObject({ status: 200 });
    },
  );

  it('binds tokens to the certificate that is shown besides a secret', async () => {
    const { body } = await broker.get('/token?client=bound', consumer.key);

    const payload = decodeJwt(String(body['access_token']));
    const own = new X509Certificate(provider.clients.bound!.certificate);
    const thumbprint = Buffer.from(own.fingerprint256.replaceAll(':', ''), 'hex').toString('base64url');
    expect(payload).toMatchObject({ client_id: 'bound-client', cnf: { 'x5t#S256': thumbprint } });
  });

  it('takes an assertion with an audience, a type and claims of the settings', async () => {
    expect(await broker.get('/token?client=typed', consumer.key)).toMatchObject({ status: 200 });
  });
});
