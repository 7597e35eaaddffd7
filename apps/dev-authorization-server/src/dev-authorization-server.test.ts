import { createRemoteJWKSet, jwtVerify } from 'jose';
import { connect } from 'node:net';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { ask, someServer, tokenOf, whitelabel } from '../test/some-server.js';
import { DevAuthorizationServer } from './dev-authorization-server.js';

describe('DevAuthorizationServer', () => {
  it.each(['openid-configuration', 'oauth-authorization-server'])('describes itself at %s', async (name) => {
    const server = await someServer();
    const answer = await fetch(`${server.issuer}/.well-known/${name}`);
    expect(await answer.json()).toMatchObject({
      issuer: server.url,
      token_endpoint: `${server.url}/connect/token`,
      revocation_endpoint: `${server.url}/connect/revocation`,
      jwks_uri: `${server.url}/.well-known/jwks.json`,
      grant_types_supported: ['client_credentials'],
    });
  });

  it('publishes the key that its tokens verify with', async () => {
    const server = await someServer({ now: () => Math.floor(Date.now() / 1000) * 1000 });
    const { access_token: token } = await tokenOf(ask(server, { scope: 'api:partner' }));
    const keys = createRemoteJWKSet(new URL(`${server.url}/.well-known/jwks.json`));
    const { payload } = await jwtVerify(String(token), keys, { issuer: server.issuer, typ: 'at+jwt' });
    expect(payload).toEqual({
      iss: server.issuer,
      sub: 'whitelabel',
      client_id: 'whitelabel',
      aud: `${server.issuer}/partner`,
      scope: 'api:partner',
      iat: expect.any(Number),
      exp: Number(payload.iat) + 3599,
      jti: expect.any(String),
    });
  });

  it('publishes no private key', async () => {
    const server = await someServer();
    const answer = await fetch(`${server.url}/.well-known/jwks.json`);
    const { keys } = (await answer.json()) as { keys: object[] };
    expect(Object.keys(keys[0] ?? {}).toSorted()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
  });

  it('stops with sockets open, and twice', async () => {
    const server = await someServer();
    server.hold();
    const failure = ask(server).catch((error: unknown) => error);
    const idle = connect(Number(new URL(server.url).port), '127.0.0.1');
    idle.on('error', () => undefined);
    await Promise.all([once(idle, 'connect'), server.waitForRequests(1)]);
    await server.stop();
    await server.stop();
    expect(await failure).toBeInstanceOf(TypeError);
    if (!idle.closed) await once(idle, 'close');
  });

  it('does not start with a port in use, or a client registered twice', async () => {
    const port = Number(new URL((await someServer()).url).port);
    await expect(DevAuthorizationServer.start({ port, clients: [] })).rejects.toThrow('EADDRINUSE');
    const clients = [whitelabel, whitelabel];
    await expect(DevAuthorizationServer.start({ clients })).rejects.toThrow('registered twice');
  });

  it('refuses a misbehaviour with a typo', async () => {
    const server = await someServer();
    const misspelt: object = { deley: 5 };
    expect(() => server.misbehave(misspelt)).toThrow('deley is not known');
  });
});

describe('its routes', () => {
  it('answer 405 to a GET of the token endpoint and 404 elsewhere', async () => {
    const server = await someServer();
    const wrongMethod = await fetch(server.tokenEndpoint);
    expect([wrongMethod.status, wrongMethod.headers.get('allow')]).toEqual([405, 'POST']);
    expect((await fetch(`${server.url}/elsewhere`)).status).toBe(404);
    expect((await fetch(`${server.url}/control`)).status).toBe(404);
  });

  it('answer 413 to a body of over a MiB', async () => {
    expect((await ask(await someServer(), { scope: 'x'.repeat(1_100_000) })).status).toBe(413);
  });
});

describe('its counts', () => {
  it('are by the client that a request claims to be from, refused or not', async () => {
    const server = await someServer();
    await ask(server, { client_id: 'unknown', scope: 'b a' });
    await fetch(server.tokenEndpoint, { method: 'POST', headers: { authorization: 'Basic !' } });
    expect(server.counts).toMatchObject({
      byClient: { unknown: 1, '': 1 },
      byScopeSet: { 'a b': 1, '': 1 },
      byOutcome: { invalid_client: 1, invalid_request: 1 },
    });
  });
});
