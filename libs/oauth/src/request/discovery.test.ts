import { generateKeyPairSync } from 'node:crypto';
import { decodeJwt } from 'jose';
import { describe, expect, it, vi } from 'vitest';
import { ScopeSet } from '#tokens/model/scope-set.js';
import { Secret } from '#tokens/model/secret.js';
import { ownAdapter } from '../../../../test/oauth/own-adapter.js';
import { answer, grant, ownServer, type OwnServer, type Respond } from '../../../../test/oauth/own-server.js';
import { someCertificates } from '#test/certificates.js';
import { FakeClock } from '#test/fake-clock.js';
import { someClient } from '#test/the.js';

const hour = 3_600_000;
const request = someClient().request(ScopeSet.parse('api:partner'));
const rfc8414 = '/.well-known/oauth-authorization-server/tenant';
const openId = '/tenant/.well-known/openid-configuration';

/** A server that has metadata under one of both addresses, or what the test says of an address, and gives tokens. */
async function issuer(at: string = rfc8414, pages: Record<string, Respond> = {}) {
  const server: OwnServer = await ownServer((response, received) => {
    const page = pages[received.url];
    if (page) return page(response, received);
    if (received.url === at) return answer(response, 200, metadata(server));
    if (received.url === '/token') return grant(response);
    return answer(response, 404);
  });
  return { server, endpoint: { issuer: `${server.origin}/tenant` } };
}

function metadata({ origin }: OwnServer, fields: Record<string, unknown> = {}) {
  return { issuer: `${origin}/tenant`, token_endpoint: `${origin}/token`, ...fields };
}

function paths({ received }: OwnServer): string[] {
  return received.map(({ url }) => url);
}

describe('discovery', () => {
  it('finds the token endpoint by RFC 8414', async () => {
    const { server, endpoint } = await issuer();

    await ownAdapter({ endpoint }).requestToken(request, 'v1');

    expect(paths(server)).toEqual([rfc8414, '/token']);
    expect(server.received[0]!.method).toBe('GET');
    expect(server.received[0]!.headers.authorization).toBeUndefined();
  });

  it.each<[string, Respond | undefined]>([
    ['404', undefined],
    ['401', (response) => answer(response, 401)],
    ['a page', (response) => answer(response, 200, '<!doctype html>')],
    ['the metadata of another issuer', (response) => answer(response, 200, { issuer: 'https://a.example' })],
  ])('finds it by OpenID Connect Discovery when RFC 8414 gives %s', async (_title, page) => {
    const { server, endpoint } = await issuer(openId, page ? { [rfc8414]: page } : {});

    await ownAdapter({ endpoint }).requestToken(request, 'v1');

    expect(paths(server)).toEqual([rfc8414, openId, '/token']);
  });

  it('makes the issuer the audience of assertions', async () => {
    const { server, endpoint } = await issuer();
    const { privateKey } = generateKeyPairSync('ed25519');
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

    await ownAdapter(
      { endpoint },
      { clientAuthentication: 'private_key_jwt', privateKey: new Secret(pem), algorithm: 'EdDSA' },
    ).requestToken(request, 'v1');

    expect(decodeJwt(server.received[1]!.body.get('client_assertion')!).aud).toBe(endpoint.issuer);
  });

  it('leads a client with a certificate to the alias for mutual TLS', async () => {
    const { ca, server: identity, client } = await someCertificates();
    const server: OwnServer = await ownServer(
      (response, { url }) => {
        const mtls_endpoint_aliases = { token_endpoint: `${server.origin}/mtls/token` };
        if (url === rfc8414) return answer(response, 200, metadata(server, { mtls_endpoint_aliases }));
        return grant(response);
      },
      { ...identity, ca, requestCert: true, rejectUnauthorized: false },
    );
    const endpoint = { issuer: `${server.origin}/tenant` };
    const key = new Secret(client.key);
    const certificate = { clientAuthentication: 'tls_client_auth', certificate: client.cert, key } as const;

    await ownAdapter({ endpoint, ca }, certificate).requestToken(request, 'v1');
    await ownAdapter({ endpoint, ca }).requestToken(request, 'v1');

    expect(paths(server).filter((path) => path.endsWith('token'))).toEqual(['/mtls/token', '/token']);
  });

  it('is remembered for an hour', async () => {
    const clock = new FakeClock();
    const { server, endpoint } = await issuer();
    const adapter = ownAdapter({ endpoint, clock });

    await adapter.requestToken(request, 'v1');
    clock.advance(hour - 1);
    await adapter.requestToken(request, 'v1');
    expect(paths(server)).toEqual([rfc8414, '/token', '/token']);
    clock.advance(1);
    await adapter.requestToken(request, 'v1');

    expect(paths(server)).toEqual([rfc8414, '/token', '/token', rfc8414, '/token']);
  });

  it('is asked for once by a hundred requests at a time', async () => {
    const { server, endpoint } = await issuer();
    const adapter = ownAdapter({ endpoint });

    await Promise.all(Array.from({ length: 100 }, () => adapter.requestToken(request, 'v1')));

    expect(paths(server).filter((path) => path === rfc8414)).toHaveLength(1);
    expect(paths(server).filter((path) => path === '/token')).toHaveLength(100);
  });

  it('continues for the others when the caller that began it aborts', async () => {
    const controller = new AbortController();
    const { server, endpoint } = await issuer('', {
      [rfc8414]: (response) => {
        controller.abort(new Error('the lock is lost'));
        answer(response, 200, metadata(server));
      },
    });
    const adapter = ownAdapter({ endpoint });

    const [aborted, other] = await Promise.allSettled([
      adapter.requestToken(request, 'v1', controller.signal),
      adapter.requestToken(request, 'v1'),
    ]);

    expect(aborted).toMatchObject({ status: 'rejected', reason: { message: 'the lock is lost' } });
    expect(other.status).toBe('fulfilled');
    expect(paths(server)).toEqual([rfc8414, '/token']);
  });

  it.each<[string, Respond]>([
    ['fails', (response) => answer(response, 500)],
    ['breaks off', (response) => response.write('{', () => response.destroy())],
    ['hangs', () => {}],
    ['names another issuer', (response) => answer(response, 200, { issuer: 'https://a.example' })],
  ])('keeps what it knows when a refresh %s, and tries again a minute later', async (_title, broken) => {
    let healthy = true;
    const clock = new FakeClock();
    const { server, endpoint } = await issuer('', {
      [rfc8414]: (response, received) => {
        if (healthy) return answer(response, 200, metadata(server));
        return broken(response, received);
      },
    });
    const adapter = ownAdapter({ endpoint, clock, client: someClient({ timeout: 2_000 }) });
    const discoveries = () => paths(server).filter((path) => path === rfc8414).length;
    await adapter.requestToken(request, 'v1');
    healthy = false;
    clock.advance(hour);

    await adapter.requestToken(request, 'v1');
    await adapter.requestToken(request, 'v1');
    // The refresh runs in the background, and fails some time after it began.
    await vi.waitFor(() => expect(discoveries()).toBe(2));
    await vi.waitFor(async () => {
      clock.advance(60_000);
      await adapter.requestToken(request, 'v1');
      expect(discoveries()).toBeGreaterThan(2);
    }, 10_000);
  });
});

describe('a failed discovery', () => {
  it.each<[string, Respond]>([
    ['500', (response) => answer(response, 500)],
    ['429', (response) => answer(response, 429)],
    ['a broken connection', (response) => response.destroy()],
    ['no answer', () => {}],
  ])('is passing (%s), and asks for no token', async (_title, page) => {
    const { server, endpoint } = await issuer('', { [rfc8414]: page });
    const adapter = ownAdapter({ endpoint, client: someClient({ timeout: 200 }) });

    await expect(adapter.requestToken(request, 'v1')).rejects.toMatchObject({ reason: 'unavailable' });
    expect(paths(server)).toEqual([rfc8414]);
  });

  it('is a fault in the settings when the issuer has no metadata, and says what was found', async () => {
    const { endpoint } = await issuer('', {
      [openId]: (response) => answer(response, 200, { issuer: 'https://a.example' }),
    });

    await expect(ownAdapter({ endpoint }).requestToken(request, 'v1')).rejects.toMatchObject({
      reason: 'wrong_endpoint',
      message: expect.stringContaining(
        'for client rabot (RFC 8414: HTTP 404; OpenID: it names issuer https://a.example/ instead of http://127.0.0.1',
      ),
    });
  });

  it('does not keep the next request from trying again', async () => {
    let count = 0;
    const { server, endpoint } = await issuer('', {
      [rfc8414]: (response) => {
        count += 1;
        answer(response, count === 1 ? 503 : 200, metadata(server));
      },
    });
    const adapter = ownAdapter({ endpoint });

    await expect(adapter.requestToken(request, 'v1')).rejects.toMatchObject({ reason: 'unavailable' });
    expect((await adapter.requestToken(request, 'v1')).accessToken.reveal()).toBe('some-token');
  });

  it('sends no request in clear to another machine', async () => {
    const adapter = ownAdapter({ endpoint: { issuer: 'http://auth.example' } });

    await expect(adapter.requestToken(request, 'v1')).rejects.toMatchObject({
      reason: 'wrong_endpoint',
      message: expect.stringContaining('its URL is not https'),
    });
  });
});
