import { decodeJwt } from 'jose';
import { describe, expect, it } from 'vitest';
import { ask, callApi, someServer, tokenOf } from '../test/some-server.js';

const noon = Date.UTC(2026, 10, 23, 12);

describe('token exchange', () => {
  it('sends scripted answers in turn, then honest ones', async () => {
    const server = await someServer();
    server.misbehave({ times: 1, answer: { status: 503 } });
    server.misbehave({ times: 1, answer: { error: 'invalid_client' } });
    const statuses = [await ask(server), await ask(server), await ask(server)].map((each) => each.status);
    expect(statuses).toEqual([503, 401, 200]);
    expect(server.counts.byOutcome).toEqual({ scripted_503: 1, scripted_401: 1, issued: 1 });
  });

  it('redirects', async () => {
    const server = await someServer();
    server.misbehave({ answer: { redirectTo: 'https://elsewhere.example/' } });
    const answer = await ask(server);
    expect([answer.status, answer.headers.get('location')]).toEqual([302, 'https://elsewhere.example/']);
  });

  it('twists the fields of one scope set only', async () => {
    const server = await someServer();
    server.misbehave({ scope: 'create:orders api:partner', fields: { expires_in: -1 } });
    expect(await tokenOf(ask(server, { scope: 'api:partner create:orders' }))).toMatchObject({
      expires_in: -1,
    });
    expect(await tokenOf(ask(server, { scope: 'api:partner' }))).toMatchObject({ expires_in: 3599 });
  });

  it('returns the same token with what is left of its life, while it lives', async () => {
    let now = noon;
    const server = await someServer({ now: () => now });
    const first = await tokenOf(ask(server));
    server.misbehave({ sameTokenAgain: true });
    now += 100_000;
    expect(await tokenOf(ask(server))).toEqual({ ...first, expires_in: 3499 });
    expect(await tokenOf(ask(server, { scope: 'api:partner' }))).toMatchObject({ expires_in: 3599 });
    now += 3_499_000;
    expect((await tokenOf(ask(server)))['access_token']).not.toBe(first['access_token']);
    expect(server.counts.byOutcome).toEqual({ issued: 3, repeated: 1 });
  });

  it('does not return a revoked token again', async () => {
    const server = await someServer();
    server.misbehave({ sameTokenAgain: true });
    const first = await tokenOf(ask(server));
    server.revoke(String(first['access_token']));
    expect((await tokenOf(ask(server)))['access_token']).not.toBe(first['access_token']);
  });

  it('issues for another lifetime', async () => {
    const server = await someServer({ lifetime: 60, now: () => noon });
    expect(await tokenOf(ask(server))).toMatchObject({ expires_in: 60 });
    server.misbehave({ lifetime: 5 });
    const { access_token: token, expires_in: life } = await tokenOf(ask(server));
    const { iat, exp } = decodeJwt(String(token));
    expect([life, iat, exp]).toEqual([5, noon / 1000, noon / 1000 + 5]);
  });

  it('has a wrong clock, which its own API shares', async () => {
    const server = await someServer({ now: () => noon });
    server.misbehave({ clockOffset: -7200, answer: undefined });
    const answer = await ask(server);
    expect(answer.headers.get('date')).toBe('Mon, 23 Nov 2026 10:00:00 GMT');
    const { access_token: token } = await tokenOf(Promise.resolve(answer));
    expect(decodeJwt(String(token)).iat).toBe(noon / 1000 - 7200);
    expect((await callApi(server, token)).status).toBe(200);
  });

  it('holds requests until they are released', async () => {
    const server = await someServer();
    server.hold();
    const answers = [ask(server), ask(server), ask(server, { scope: 'api:partner' })];
    await server.waitForRequests(3);
    expect(server.counts).toMatchObject({ total: 3, inFlight: 3, byOutcome: {} });
    server.release();
    expect((await Promise.all(answers)).map((each) => each.status)).toEqual([200, 200, 200]);
    expect(server.counts).toMatchObject({
      inFlight: 0,
      maxInFlight: 3,
      maxInFlightPerKey: 2,
      byClient: { whitelabel: 3 },
      byScopeSet: {
        'api:partner': 1,
        'api:partner create:orders role:application role:customer-support role:finance-reporting': 2,
      },
    });
  });

  it('never counts requests that follow each other as simultaneous', async () => {
    const server = await someServer();
    for (let count = 0; count < 20; count++) await (await ask(server)).text();
    expect(server.counts).toMatchObject({ total: 20, maxInFlight: 1 });
  });

  it('issues nothing to a client that went away while it was held', async () => {
    const server = await someServer();
    server.hold();
    const gone = new AbortController();
    const body = new URLSearchParams({ client_id: 'whitelabel' });
    const answer = fetch(server.tokenEndpoint, { method: 'POST', body, signal: gone.signal });
    await server.waitForRequests(1);
    gone.abort();
    await expect(answer).rejects.toThrow('aborted');
    await expect.poll(() => server.counts).toMatchObject({ inFlight: 0, byOutcome: { aborted: 1 } });
    server.release();
  });
});
