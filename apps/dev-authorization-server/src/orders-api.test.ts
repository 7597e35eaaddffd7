import { decodeJwt, generateKeyPair, SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { ask, callApi, partner, someServer, tokenOf } from '../test/some-server.js';

function bearerChallenge(answer: Response): [number, string | null] {
  return [answer.status, answer.headers.get('www-authenticate')];
}

const invalidToken = [401, expect.stringMatching(/^Bearer .*error="invalid_token"/)];

describe('GET /partner/v1/orders', () => {
  it('returns client and scopes of the token', async () => {
    const server = await someServer();
    const { access_token: token } = await tokenOf(ask(server, { scope: 'api:partner create:orders' }));
    const answer = await callApi(server, token);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ client: 'whitelabel', scopes: ['api:partner', 'create:orders'] });
  });

  it('asks for a token, without an error, when none was sent', async () => {
    const server = await someServer();
    const answer = await fetch(`${server.url}/partner/v1/orders`);
    expect(bearerChallenge(answer)).toEqual([401, 'Bearer realm="partner API"']);
  });

  it('refuses garbage and tokens of other issuers', async () => {
    const server = await someServer();
    const { access_token: token } = await tokenOf(ask(server));
    const { privateKey } = await generateKeyPair('ES256');
    const header = { alg: 'ES256', typ: 'at+jwt' };
    const forged = await new SignJWT(decodeJwt(String(token))).setProtectedHeader(header).sign(privateKey);
    expect(bearerChallenge(await callApi(server, 'garbage'))).toEqual(invalidToken);
    expect(bearerChallenge(await callApi(server, ''))[0]).toBe(401);
    expect(bearerChallenge(await callApi(server, forged))).toEqual(invalidToken);
  });

  it('refuses an expired token', async () => {
    let now = Date.now();
    const server = await someServer({ now: () => now });
    const { access_token: token } = await tokenOf(ask(server));
    now += 3_598_000;
    expect((await callApi(server, token)).status).toBe(200);
    now += 2000;
    expect(bearerChallenge(await callApi(server, token))).toEqual(invalidToken);
  });

  it('refuses a token that was revoked, and no other', async () => {
    const server = await someServer();
    const tokens = [];
    for (let count = 0; count < 3; count++) tokens.push(String((await tokenOf(ask(server)))['access_token']));
    const [first = '', second = '', third = ''] = tokens;
    server.revoke(first);
    server.revoke(second);
    expect(bearerChallenge(await callApi(server, first))).toEqual(invalidToken);
    expect(bearerChallenge(await callApi(server, second))).toEqual(invalidToken);
    expect((await callApi(server, third)).status).toBe(200);
    server.revokeAll();
    expect(bearerChallenge(await callApi(server, third))).toEqual(invalidToken);
  });

  it('refuses a token without the scope api:partner', async () => {
    const server = await someServer({ clients: [partner('sales-affiliate', 'whitelabel')] });
    const { access_token: token } = await tokenOf(ask(server, { scope: 'create:orders' }));
    expect(bearerChallenge(await callApi(server, token))).toEqual([
      403,
      expect.stringMatching(/error="insufficient_scope".* scope="api:partner"/),
    ]);
  });

  it('does not know a token of the last minute that it learns late of', async () => {
    let now = Date.now();
    const server = await someServer({ now: () => now });
    server.misbehave({ activeAfter: 60 });
    const { access_token: token } = await tokenOf(ask(server));
    now += 59_000;
    expect(bearerChallenge(await callApi(server, token))).toEqual(invalidToken);
    now += 1_000;
    expect((await callApi(server, token)).status).toBe(200);
  });
});
