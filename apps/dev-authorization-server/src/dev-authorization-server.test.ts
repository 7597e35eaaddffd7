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
