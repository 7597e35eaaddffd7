import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DevAuthorizationServer } from '../../apps/dev-authorization-server/src/dev-authorization-server.js';
import { someKey } from '#test/broker-process.js';
import { client, consumer, registration } from '#test/partner.js';
import { MovedTime } from './moved-time.js';
import { OwnBroker } from './own-broker.js';

const { key, hash } = someKey();
const orders = 'client=rabot&scopes=api:partner+create:orders';

let server: DevAuthorizationServer;
let broker: OwnBroker;
let time: MovedTime;

beforeAll(async () => {
  time = new MovedTime();
  server = await DevAuthorizationServer.start({ clients: [registration()] });
  broker = await OwnBroker.start({
    clients: { rabot: client(server) },
    consumers: { gateway: consumer({ hash }) },
  });
});

/** Each test finds no token. */
beforeEach(() => {
  time.forward(3 * 3_600_000);
  server.reset();
});

afterAll(async () => {
  await broker?.stop();
  await server?.stop();
  time.restore();
});

async function check(path: string, request: RequestInit = {}) {
  const headers = { authorization: `Bearer ${key}`, ...(request.headers as object) };
  const answer = await fetch(`${broker.consumers}${path}`, { ...request, headers });
  const { authorization, 'access-token-sha256': sha256 } = Object.fromEntries(answer.headers);
  return {
    status: answer.status,
    authorization,
    sha256,
    cache: answer.headers.get('cache-control'),
    body: await answer.text(),
  };
}

describe('/forward-auth', () => {
  it('answers with the token in a header, and with nothing in the body', async () => {
    const answer = await check(`/forward-auth?${orders}`);
    const { body } = await broker.get(`/token?${orders}`, key);
    const token = String(body['access_token']);
    expect(answer).toEqual({
      status: 200,
      authorization: `Bearer ${token}`,
      sha256: createHash('sha256').update(token).digest('hex'),
      cache: 'no-store',
      body: '',
    });
  });

  it('takes what Traefik sends: headers of the original request, which mean nothing here', async () => {
    const headers = {
      'x-forwarded-method': 'POST',
      'x-forwarded-uri': '/orders?scopes=role:finance-reporting',
      'x-forwarded-host': 'shop.example',
    };
    expect(await check(`/forward-auth?${orders}`, { headers })).toMatchObject({ status: 200 });
  });

  it.each(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
    'takes what Envoy sends for a request with %s: its own path before the original one',
    async (method) => {
      const prefix = '/forward-auth/rabot/api:partner%20create:orders';
      const original = '/orders/5?scopes=role:finance-reporting&client=other';
      const { authorization } = await check(`/forward-auth?${orders}`);
      expect(await check(`${prefix}${original}`, { method })).toMatchObject({
        status: 200,
        authorization,
        body: '',
      });
      expect(await check(`${prefix}/`, { method })).toMatchObject({ status: 200, authorization });
    },
  );

  it('replaces a token of which a proxy reports the hash that it was given, once', async () => {
    const first = await check(`/forward-auth?${orders}`);
    time.forward(11_000);
    const report = `/forward-auth?${orders}&access_token_sha256=${first.sha256}`;

    const second = await check(report);
    const again = await check(report);

    expect(second.status).toBe(200);
    expect(second.authorization).not.toBe(first.authorization);
    expect(again.authorization).toBe(second.authorization);
    expect(server.counts.total).toBe(2);
    expect(await check(`/forward-auth?${orders}&access_token_sha256=${second.sha256}`)).toMatchObject({
      status: 429,
    });
  });

  it.each([
    ['?client=rabot&scopes=role:finance-reporting', 403],
    ['?client=other', 403],
    ['?scpoes=api:partner', 400],
    ['?access_token_sha256=', 400],
    [`?access_token_sha256=${'ab'.repeat(32)}&access_token_sha256=${'ab'.repeat(32)}`, 400],
    ['/rabot/role:finance-reporting/orders', 403],
    ['/rabot/%20/orders', 400],
    ['/rabot/api:partner', 404],
    ['/', 404],
  ])('gives nothing for %s', async (query, status) => {
    const answer = await check(`/forward-auth${query}`);
    expect(answer).toMatchObject({ status, authorization: undefined, sha256: undefined });
    expect(JSON.parse(answer.body)).toHaveProperty('error_description');
  });

  it('lets nobody in without a credential', async () => {
    for (const path of [`/forward-auth?${orders}`, '/forward-auth/rabot/api:partner/orders']) {
      const answer = await check(path, { headers: { authorization: '' } });
      expect(answer).toMatchObject({ status: 401, authorization: undefined });
    }
  });
});
