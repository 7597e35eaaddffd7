import { generateKeyPairSync } from 'node:crypto';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClientCredential } from '#oauth/request/client-credential.js';
import { Client } from '#tokens/model/client.js';
import { SystemClock } from '#tokens/model/clock.js';
import { ScopeSet } from '#tokens/model/scope-set.js';
import { Secret } from '#tokens/model/secret.js';
import { someCertificates, type Certificates } from '#test/certificates.js';
import { resource, startOidcProvider, type OidcClients, type OidcProvider } from '#test/oidc-provider.js';
import { someClient } from '#test/the.js';
import { ownAdapter } from './own-adapter.js';

const clock = new SystemClock();
const scopes = ScopeSet.parse('api:partner create:orders');

let certificates: Certificates;
let clear: OidcProvider;
let tls: OidcProvider;

beforeAll(async () => {
  certificates = await someCertificates();
  [clear, tls] = await Promise.all([startOidcProvider(), startOidcProvider({ certificates })]);
});

afterAll(async () => {
  await Promise.all([clear?.stop(), tls?.stop()]);
});

type Method = (typeof methods)[number];

const methods = ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'tls_client_auth'] as const;

/** The right credential of a client, or one that the provider does not know. */
function credentialOf(method: Method, clients: OidcClients, wrong = false): ClientCredential {
  if (method === 'private_key_jwt') {
    const { privateKey, keyId, algorithm } = clients.private_key_jwt;
    const { privateKey: other } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = wrong ? other.export({ type: 'pkcs8', format: 'pem' }).toString() : privateKey;
    return { clientAuthentication: method, privateKey: new Secret(pem), keyId, algorithm };
  }
  if (method === 'tls_client_auth') {
    const { cert, key } = wrong ? certificates.otherClient : certificates.client;
    return { clientAuthentication: method, certificate: cert, key: new Secret(key) };
  }
  const secret = wrong ? 'another-fake-secret' : clients[method].clientSecret;
  return { clientAuthentication: method, clientSecret: new Secret(secret) };
}

function clientOf(method: Method, { clients }: OidcProvider): Client {
  const { clientId } = clients[method]!;
  return someClient({ clientId, clientAuthentication: method, timeout: 5_000 });
}

describe.each([
  ['tokenEndpoint', ({ tokenEndpoint }: OidcProvider) => ({ tokenEndpoint })],
  ['issuer', ({ issuer }: OidcProvider) => ({ issuer })],
])('a real authorization server, by %s', (_by, endpointOf) => {
  it.each(methods)('gives a token for %s', async (method) => {
    const client = clientOf(method, tls);
    const adapter = ownAdapter(
      { client, endpoint: endpointOf(tls), ca: certificates.ca, clock },
      credentialOf(method, tls.clients),
    );

    const { accessToken, ...answer } = await adapter.requestToken(client.request(scopes), 'v1');

    expect(answer).toMatchObject({ lifetime: 3_600_000, anomalies: [] });
    expect(decodeJwt(accessToken.reveal())).toMatchObject({
      iss: tls.issuer,
      aud: resource,
      client_id: client.options.clientId,
      scope: 'api:partner create:orders',
    });
  });

  it.each(methods)('refuses a wrong credential of %s', async (method) => {
    const client = clientOf(method, tls);
    const adapter = ownAdapter(
      { client, endpoint: endpointOf(tls), ca: certificates.ca, clock },
      credentialOf(method, tls.clients, true),
    );

    await expect(adapter.requestToken(client.request(scopes), 'v1')).rejects.toMatchObject({
      reason: 'client_refused',
      upstreamError: 'invalid_client',
    });
  });
});

describe('a real authorization server', () => {
  it.each(['client_secret_basic', 'client_secret_post', 'private_key_jwt'] as const)(
    'gives a token for %s over loopback http',
    async (method) => {
      const client = clientOf(method, clear);
      const adapter = ownAdapter(
        { client, endpoint: { issuer: clear.issuer } },
        credentialOf(method, clear.clients),
      );

      expect((await adapter.requestToken(client.request(scopes), 'v1')).lifetime).toBe(3_600_000);
    },
  );

  it('accepts each assertion once, and gets another one with each request', async () => {
    const client = clientOf('private_key_jwt', clear);
    const credential = credentialOf('private_key_jwt', clear.clients);
    const adapter = ownAdapter({ client, endpoint: { issuer: clear.issuer } }, credential);

    const tokens = [1, 2, 3].map(
      async () => (await adapter.requestToken(client.request(scopes), 'v1')).lifetime,
    );
    expect(await Promise.all(tokens)).toEqual(Array(3).fill(3_600_000));
  });

  /** Asks the provider as the client with a secret in the body. */
  function ask(scope: string, resources: string[] = []) {
    const client = clientOf('client_secret_post', clear);
    const credential = credentialOf('client_secret_post', clear.clients);
    const adapter = ownAdapter({ client, endpoint: { tokenEndpoint: clear.tokenEndpoint } }, credential);
    return adapter.requestToken(client.request(ScopeSet.parse(scope), resources), 'v1');
  }

  it('leaves out a scope that it does not know, which is noticed', async () => {
    const { scopes: granted, anomalies } = await ask('api:partner unknown');

    expect(String(granted)).toBe('api:partner');
    expect(anomalies).toEqual(['scope_differs']);
  });

  it('gives a token for a resource it knows, and refuses one for another', async () => {
    expect((await ask('api:partner', [resource])).anomalies).toEqual([]);
    await expect(ask('api:partner', ['https://other.example'])).rejects.toMatchObject({
      reason: 'scope_refused',
      upstreamError: 'invalid_target',
    });
  });

  it('is told apart from an address where it has no token endpoint', async () => {
    const client = clientOf('client_secret_post', clear);
    const adapter = ownAdapter({ client, endpoint: { tokenEndpoint: `${clear.issuer}/nowhere` } });

    await expect(adapter.requestToken(client.request(scopes), 'v1')).rejects.toMatchObject({
      reason: 'unavailable',
      message: expect.stringContaining(
        '(HTTP 404). The response is not an OAuth error, so no credential was evaluated',
      ),
    });
  });

  it('refuses a certificate of an authority that it does not know', async () => {
    const client = clientOf('tls_client_auth', tls);
    const { cert, key } = certificates.stranger;
    const adapter = ownAdapter(
      { client, endpoint: { tokenEndpoint: tls.tokenEndpoint }, ca: certificates.ca },
      { clientAuthentication: 'tls_client_auth', certificate: cert, key: new Secret(key) },
    );

    await expect(adapter.requestToken(client.request(scopes), 'v1')).rejects.toMatchObject({
      reason: 'client_refused',
    });
  });
});
