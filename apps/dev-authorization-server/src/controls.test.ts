import { describe, expect, it } from 'vitest';
import { ask, callApi, someServer, tokenOf } from '../test/some-server.js';
import type { DevAuthorizationServer } from './dev-authorization-server.js';

async function control(server: DevAuthorizationServer, method: string, message?: unknown) {
  const answer = await fetch(`${server.url}/control`, {
    method,
    ...(message === undefined
      ? {}
      : { body: JSON.stringify(message), headers: { 'content-type': 'application/json' } }),
  });
  return { status: answer.status, state: (await answer.json()) as Record<string, unknown> };
}

describe('/control', () => {
  it('merges misbehaviour, returns state and counts, and resets both', async () => {
    const server = await someServer({ control: true });
    await control(server, 'POST', { lifetime: 60 });
    const { state } = await control(server, 'POST', { delay: 1 });
    expect(state).toMatchObject({ held: false, misbehaviours: [{ lifetime: 60, delay: 1 }] });
    await control(server, 'POST', { client: 'whitelabel', times: 1, answer: { retryAfter: 3 } });
    expect((await ask(server)).headers.get('retry-after')).toBe('3');
    expect(await tokenOf(ask(server))).toMatchObject({ expires_in: 60 });
    expect((await control(server, 'GET')).state['counts']).toMatchObject({
      total: 2,
      byOutcome: { scripted_429: 1, issued: 1 },
    });
    await control(server, 'DELETE');
    expect((await control(server, 'GET')).state).toMatchObject({ misbehaviours: [], counts: { total: 0 } });
    expect(await tokenOf(ask(server))).toMatchObject({ expires_in: 3599 });
  });

  it('holds and releases', async () => {
    const server = await someServer({ control: true });
    expect((await control(server, 'POST', { hold: true })).state).toMatchObject({ held: true });
    const answer = ask(server);
    await server.waitForRequests(1);
    await control(server, 'POST', { hold: false });
    expect((await answer).status).toBe(200);
  });

  it('releases on a reset', async () => {
    const server = await someServer({ control: true });
    server.hold();
    const answer = ask(server);
    await server.waitForRequests(1);
    await control(server, 'DELETE');
    expect((await answer).status).toBe(200);
  });

  it('revokes tokens and rotates secrets', async () => {
    const server = await someServer({ control: true });
    const { access_token: token } = await tokenOf(ask(server));
    await control(server, 'POST', {
      revoke: 'all',
      secrets: { whitelabel: ['new-fake'] },
    });
    expect((await callApi(server, token)).status).toBe(401);
    expect((await ask(server)).status).toBe(401);
    const { access_token: fresh } = await tokenOf(ask(server, { client_secret: 'new-fake' }));
    await control(server, 'POST', { revoke: fresh });
    expect((await callApi(server, fresh)).status).toBe(401);
  });

  it.each([
    [{ latency: 5 }, 'latency is not known'],
    [{ delay: '5' }, 'delay has a wrong value'],
    [{ times: 0 }, 'times has a wrong value'],
    [{ answer: { code: 500 } }, 'answer.code is not known'],
    [{ answer: { status: 42 } }, 'answer.status has a wrong value'],
    [{ answer: { headers: { x: 'a\nb' } } }, 'Invalid character in header content ["x"]'],
    [{ secrets: { unknown: ['x'] } }, 'no client unknown is registered'],
    [{ coding: 'br' }, 'coding has a wrong value'],
    [{ interim: [200] }, 'interim has a wrong value'],
    [[], 'a JSON object is expected'],
  ])('refuses %j', async (message, error) => {
    const server = await someServer({ control: true });
    expect(await control(server, 'POST', message)).toEqual({ status: 400, state: { error } });
    expect(server.misbehaviours).toEqual([]);
  });

  it('takes JSON only', async () => {
    const server = await someServer({ control: true });
    const answer = await fetch(`${server.url}/control`, { method: 'POST', body: '{"hold":true}' });
    expect([answer.status, server.isHeld]).toEqual([415, false]);
  });
});
