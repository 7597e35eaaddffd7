import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { ask, post, someServer, whitelabel } from '../test/some-server.js';

const grant = { grant_type: 'client_credentials' };

describe('private_key_jwt', () => {
  let keys: { privateKey: CryptoKey; publicKey: CryptoKey };
  let strange: typeof keys;
  beforeAll(async () => {
    [keys, strange] = await Promise.all([generateKeyPair('ES256'), generateKeyPair('ES256')]);
  });

  async function assertingServer() {
    const jwks = { keys: [await exportJWK(keys.publicKey)] };
    return someServer({ clients: [{ ...whitelabel, authentication: { method: 'private_key_jwt', jwks } }] });
  }

  function sign(claims: JWTPayload, key = keys.privateKey): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const standard = { iss: 'whitelabel', sub: 'whitelabel', exp: now + 60, jti: randomUUID() };
    return new SignJWT({ ...standard, ...claims }).setProtectedHeader({ alg: 'ES256' }).sign(key);
  }

  function form(assertion: string) {
    const type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
    return { ...grant, client_assertion_type: type, client_assertion: assertion };
  }

  it('takes an assertion for the issuer or the token endpoint, each once', async () => {
    const server = await assertingServer();
    const toIssuer = await sign({ aud: server.issuer });
    expect((await post(server, form(toIssuer))).status).toBe(200);
    expect((await post(server, form(await sign({ aud: server.tokenEndpoint })))).status).toBe(200);
    expect((await post(server, form(toIssuer))).status).toBe(401);
  });

  it.each<[string, JWTPayload]>([
    ['for another server', { aud: 'https://elsewhere.example' }],
    ['that is expired', { exp: 1 }],
    ['without an expiry', { exp: undefined }],
    ['without a jti', { jti: undefined }],
    ['of another issuer', { iss: 'nobody' }],
    ['about another client', { sub: 'nobody' }],
  ])('refuses an assertion %s', async (_, claims) => {
    const server = await assertingServer();
    const answer = await post(server, form(await sign({ aud: server.issuer, ...claims })));
    expect([answer.status, await answer.json()]).toMatchObject([401, { error: 'invalid_client' }]);
  });

  it('refuses another key, a secret, and what is no JWT', async () => {
    const server = await assertingServer();
    const assertion = await sign({ aud: server.issuer }, strange.privateKey);
    expect((await post(server, form(assertion))).status).toBe(401);
    expect((await ask(server)).status).toBe(401);
    expect((await post(server, form('x.y.z'))).status).toBe(401);
  });

  it('refuses an assertion of an unknown type, and one for another client_id', async () => {
    const server = await assertingServer();
    const assertion = form(await sign({ aud: server.issuer }));
    expect((await post(server, { ...assertion, client_assertion_type: 'x' })).status).toBe(400);
    expect((await post(server, { ...assertion, client_id: 'other' })).status).toBe(401);
  });
});
