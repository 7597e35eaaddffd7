import { createHash } from 'node:crypto';
import { decodeJwt, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SystemClock } from '#tokens/model/clock.js';
import { DevAuthorizationServer } from '../../apps/dev-authorization-server/src/dev-authorization-server.js';
import { someKey, type TokenReply } from '#test/broker-process.js';
import { client, consumer, registration } from '#test/partner.js';
import { MovedTime } from './moved-time.js';
import { OwnBroker } from './own-broker.js';
import { OwnIssuer } from './own-issuer.js';

const resources = ['https://api.example', 'https://reports.example'];
const orders = 'api:partner create:orders';
const [orderKey, reportKey, deskKey] = [someKey(), someKey(), someKey()];

let issuer: OwnIssuer;
let server: DevAuthorizationServer;
let broker: OwnBroker;
let time: MovedTime;

function settings(): object {
  const scopes = ['api:partner', 'create:orders', 'role:customer-support', 'role:finance-reporting'];
  const impliedScopes = { 'role:customer-support': ['role:finance-reporting'] };
  return {
    clients: {
      rabot: client(server, { scopes, requiredScopes: [], impliedScopes, resources }),
      hems: client(server, { clientId: 'hems', scopes: ['api:partner'], requiredScopes: [] }),
    },
    consumers: {
      'order-service': consumer(orderKey),
      'finance-report': consumer(reportKey, ['api:partner', 'role:customer-support']),
      'support-desk': consumer(deskKey, ['api:partner'], ['rabot', 'hems']),
      batch: {
        workload: { issuer: 'cluster', subject: 'system:serviceaccount:batch:nightly' },
        allow: [{ client: 'hems', scopes: ['api:partner'] }],
      },
    },
    workloadIssuers: { cluster: issuer.settings },
  };
}

beforeAll(async () => {
  time = new MovedTime();
  issuer = await OwnIssuer.start();
  server = await DevAuthorizationServer.start({
    clients: [{ ...registration(), resources }, registration('hems')],
  });
  broker = await OwnBroker.start(settings());
});

/** Each test finds no token: those of the one before have lapsed, and are so old that nobody renews them. */
beforeEach(() => {
  time.forward(3 * 3_600_000);
  server.reset();
});

afterAll(async () => {
  await broker?.stop();
  await server?.stop();
  await issuer?.stop();
  time.restore();
});

function sha256(token: string, encoding: 'hex' | 'base64' | 'base64url' = 'hex'): string {
  return createHash('sha256').update(token).digest(encoding);
}

function tokenIn({ status, body }: TokenReply): string {
  expect({ status, body }).toMatchObject({ status: 200 });
  return String(body['access_token']);
}

describe('GET /token', () => {
  it('answers with a token that works, its life and its scopes, and nothing else', async () => {
    const { status, headers, body } = await broker.get('/token?scopes=api:partner', orderKey.key);

    expect(status).toBe(200);
    expect(body).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: expect.any(Number),
      scope: 'api:partner',
      refresh_in: expect.any(Number),
    });
    const [expiresIn, refreshIn] = [Number(body['expires_in']), Number(body['refresh_in'])];
    expect([expiresIn, refreshIn].every(Number.isInteger)).toBe(true);
    expect(expiresIn).toBeGreaterThan(3_500);
    expect(expiresIn).toBeLessThanOrEqual(3_599);
    expect(refreshIn).toBeGreaterThan(2_600);
    expect(refreshIn).toBeLessThan(expiresIn);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('pragma')).toBe('no-cache');
    expect(headers.get('content-type')).toMatch(/^application\/json\b/);

    const authorization = `Bearer ${String(body['access_token'])}`;
    const api = await fetch(`${server.url}/partner/v1/orders`, { headers: { authorization } });
    expect(await api.json()).toEqual({ client: 'whitelabel', scopes: ['api:partner'] });
  });

  it('takes every way of writing a scope set for the same, and asks upstream once', async () => {
    const queries = [
      '?scopes=api:partner+create:orders',
      '?scopes=create:orders+api:partner',
      '?scopes=api:partner%20create:orders',
      '?scopes=api%3Apartner+create%3Aorders',
      '?scope=api:partner+create:orders',
      '?scopes=api:partner&scopes=create:orders',
      '?scope=create:orders&scope=api:partner',
      '?scopes=create:orders&scope=api:partner',
      '?scopes=api:partner+create:orders+api:partner&scope=create:orders',
      '?scopes=++api:partner++create:orders+',
      '?client=rabot&scopes=api:partner+create:orders',
      '?scopes=api:partner+create:orders&client=rabot&',
      '?client=rabot',
      '?',
      '',
    ];
    const replies = await Promise.all(queries.map((query) => broker.get(`/token${query}`, orderKey.key)));

    expect(new Set(replies.map(tokenIn)).size).toBe(1);
    expect(new Set(replies.map(({ body }) => body['scope']))).toEqual(new Set([orders]));
    expect(server.counts).toMatchObject({ total: 1, byScopeSet: { [orders]: 1 } });
  });

  it('tells scopes apart by their case', async () => {
    const { status, body } = await broker.get('/token?scopes=API:partner', orderKey.key);
    expect(status).toBe(403);
    expect(body['error_description']).toContain('API:partner');
  });

  it('gives each scope set a token of its own', async () => {
    const narrow = tokenIn(await broker.get('/token?scopes=api:partner', orderKey.key));
    const wide = tokenIn(await broker.get('/token', orderKey.key));

    expect(decodeJwt(narrow)).toMatchObject({ scope: 'api:partner' });
    expect(decodeJwt(wide)).toMatchObject({ scope: orders });
  });

  it('gives a scope that an allowed one implies', async () => {
    const reply = await broker.get('/token?scopes=api:partner+role:finance-reporting', reportKey.key);
    expect(decodeJwt(tokenIn(reply))).toMatchObject({ scope: 'api:partner role:finance-reporting' });
  });

  it('serves two consumers that ask for the same from one token', async () => {
    const [one, other] = await Promise.all([
      broker.get('/token?scopes=api:partner', orderKey.key),
      broker.get('/token?scopes=api:partner', reportKey.key),
    ]);
    expect(tokenIn(one)).toBe(tokenIn(other));
    expect(server.counts.total).toBe(1);
  });

  it('wants the client named by a consumer that has several, and names those it may have', async () => {
    const { status, body } = await broker.get('/token?scopes=api:partner', deskKey.key);

    expect(status).toBe(400);
    expect(body['error']).toBe('invalid_request');
    expect(body['error_description']).toMatch(/\brabot\b.*\bhems\b/);
    const named = await broker.get('/token?scopes=api:partner&client=hems', deskKey.key);
    expect(decodeJwt(tokenIn(named))).toMatchObject({ client_id: 'hems' });
  });

  it('passes resources on, in any order and each once (RFC 8707)', async () => {
    const [one, other] = resources.map(encodeURIComponent);
    const both = `/token?resource=${one}&resource=${other}`;
    const first = tokenIn(await broker.get(both, orderKey.key));
    const again = `/token?resource=${other}&resource=${one}&resource=${other}`;
    const second = tokenIn(await broker.get(again, orderKey.key));
    const none = tokenIn(await broker.get('/token', orderKey.key));

    expect(second).toBe(first);
    expect(none).not.toBe(first);
    expect(new Set([decodeJwt(first).aud].flat())).toEqual(new Set(resources));
    expect(server.counts.total).toBe(2);
  });

  it('refuses a resource that the settings do not name', async () => {
    const { status, body } = await broker.get('/token?resource=https://other.example', orderKey.key);
    expect(status).toBe(403);
    expect(body['error_description']).toContain('https://other.example');
  });

  it('counts the life left anew for each answer', async () => {
    const first = await broker.get('/token', orderKey.key);
    time.forward(100_000);
    const second = await broker.get('/token', orderKey.key);

    expect(tokenIn(second)).toBe(tokenIn(first));
    for (const field of ['expires_in', 'refresh_in']) {
      const passed = Number(first.body[field]) - Number(second.body[field]);
      expect(passed).toBeGreaterThanOrEqual(100);
      expect(passed).toBeLessThanOrEqual(102);
    }
  });

  it('renews a token that is to live longer than it does, and no other', async () => {
    const first = await broker.get('/token?min_ttl=3000', orderKey.key);
    time.forward(300_000);
    const enough = await broker.get('/token?min_ttl=3000', orderKey.key);
    const longer = await broker.get('/token?min_ttl=3400', orderKey.key);

    expect(tokenIn(enough)).toBe(tokenIn(first));
    expect(tokenIn(longer)).not.toBe(tokenIn(first));
    expect(Number(longer.body['expires_in'])).toBeGreaterThanOrEqual(3_400);
    expect(server.counts.total).toBe(2);
  });

  it('never answers with less than the wanted life left', async () => {
    for (const minTtl of [0, 1, 60, 1_800, 3_500]) {
      const reply = await broker.get(`/token?min_ttl=${minTtl}`, orderKey.key);
      tokenIn(reply);
      expect(Number(reply.body['expires_in'])).toBeGreaterThanOrEqual(minTtl);
      time.forward(700_000);
    }
  });

  it('takes `Bearer` in any case', async () => {
    const headers = { authorization: `bEARER ${orderKey.key}` };
    expect((await broker.send('/token', { headers })).status).toBe(200);
  });
});

describe('POST /token/rejected', () => {
  const forms: [string, (hex: string, token: string) => object][] = [
    ['its hash in hex', (hex) => ({ access_token_sha256: hex })],
    ['its hash in upper-case hex', (hex) => ({ access_token_sha256: hex.toUpperCase() })],
    ['its hash in base64url', (_, token) => ({ access_token_sha256: sha256(token, 'base64url') })],
    [
      'its hash in padded base64url',
      (_, token) => ({ access_token_sha256: `${sha256(token, 'base64url')}=` }),
    ],
    ['client and scopes', (hex) => ({ access_token_sha256: hex, client: 'rabot', scopes: orders })],
    ['the scopes as a list', (hex) => ({ access_token_sha256: hex, scopes: orders.split(' ').toReversed() })],
    ['`scope`', (hex) => ({ access_token_sha256: hex, scope: orders })],
    ['min_ttl as a number', (hex) => ({ access_token_sha256: hex, min_ttl: 60 })],
    ['an empty list of resources', (hex) => ({ access_token_sha256: hex, resource: [] })],
  ];

  it.each(forms)('brings a new token when told %s', async (_, body) => {
    const rejected = tokenIn(await broker.get('/token', orderKey.key));
    time.forward(11_000);

    const reply = await broker.reject(body(sha256(rejected), rejected), orderKey.key);

    expect(tokenIn(reply)).not.toBe(rejected);
    expect(reply.headers.get('cache-control')).toBe('no-store');
    expect(reply.body).toMatchObject({ token_type: 'Bearer', scope: orders });
    expect(tokenIn(await broker.get('/token', orderKey.key))).toBe(tokenIn(reply));
    expect(server.counts.total).toBe(2);
  });

  it('means the token of just these resources', async () => {
    const [resource] = resources;
    const query = `/token?resource=${encodeURIComponent(resource!)}`;
    const other = tokenIn(await broker.get('/token', orderKey.key));
    const rejected = tokenIn(await broker.get(query, orderKey.key));
    time.forward(11_000);

    const body = { access_token_sha256: sha256(rejected), resource };
    expect(tokenIn(await broker.reject(body, orderKey.key))).not.toBe(rejected);
    expect(tokenIn(await broker.get('/token', orderKey.key))).toBe(other);
  });

  it('costs one token request, however many callers report the token', async () => {
    const rejected = tokenIn(await broker.get('/token', orderKey.key));
    time.forward(11_000);
    const body = { access_token_sha256: sha256(rejected) };

    const replies = await Promise.all(Array.from({ length: 50 }, () => broker.reject(body, orderKey.key)));

    expect(new Set(replies.map(tokenIn)).size).toBe(1);
    expect(tokenIn(replies[0]!)).not.toBe(rejected);
    expect(server.counts.total).toBe(2);
  });

  it('returns the current token, and asks nothing upstream, when that is another one already', async () => {
    const rejected = tokenIn(await broker.get('/token', orderKey.key));
    time.forward(11_000);
    const body = { access_token_sha256: sha256(rejected) };
    const current = tokenIn(await broker.reject(body, orderKey.key));

    const late = await broker.reject(body, orderKey.key);
    const stranger = await broker.reject({ access_token_sha256: sha256('another one') }, orderKey.key);

    expect([tokenIn(late), tokenIn(stranger)]).toEqual([current, current]);
    expect(server.counts.total).toBe(2);
  });

  it('does not renew a token of a few seconds, and tells when it will', async () => {
    const rejected = tokenIn(await broker.get('/token', orderKey.key));
    time.forward(4_000);
    const body = { access_token_sha256: sha256(rejected) };

    const refused = await broker.reject(body, orderKey.key);

    expect(refused).toMatchObject({ status: 429, body: { error: 'slow_down' } });
    expect(refused.headers.get('retry-after')).toBe('6');
    expect(server.counts.total).toBe(1);
    time.forward(6_000);
    expect(tokenIn(await broker.reject(body, orderKey.key))).not.toBe(rejected);
  });

  const wrong: [string, unknown][] = [
    ['no hash', {}],
    ['a hash that is too short', { access_token_sha256: sha256('x').slice(1) }],
    ['a hash with a prefix', { access_token_sha256: `sha256:${sha256('x')}` }],
    ['a hash in plain base64', { access_token_sha256: `${'+/'.repeat(21)}A=` }],
    ['a hash that is a number', { access_token_sha256: 12 }],
    ['a hash in a list', { access_token_sha256: [sha256('x')] }],
    ['the token itself', { access_token: 'not-a-real-token' }],
    ['a field that is not known', { access_token_sha256: sha256('x'), scpoes: 'api:partner' }],
    ['a client twice', { access_token_sha256: sha256('x'), client: ['rabot', 'rabot'] }],
    ['no client in a list', { access_token_sha256: sha256('x'), client: [] }],
    ['null', { access_token_sha256: sha256('x'), client: null }],
  ];

  it.each(wrong)('refuses %s', async (_, body) => {
    const reply = await broker.reject(body, orderKey.key);
    expect(reply).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    expect(server.counts.total).toBe(0);
  });

  it('takes an empty list of scopes for no omission: it must not widen the request', async () => {
    const body = { access_token_sha256: sha256('x'), scopes: [] };
    const reply = await broker.reject(body, orderKey.key);
    expect(reply).toMatchObject({ status: 400, body: { error: 'invalid_scope' } });
  });

  it('refuses parameters in the query: left out of the body they would widen the request', async () => {
    const reply = await broker.send('/token/rejected?scopes=api:partner', {
      method: 'POST',
      headers: { authorization: `Bearer ${orderKey.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ access_token_sha256: sha256('x') }),
    });
    expect(reply).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
  });

  it('gives nothing that the consumer may not have', async () => {
    const body = { access_token_sha256: sha256('x'), scopes: 'role:customer-support' };
    expect(await broker.reject(body, orderKey.key)).toMatchObject({ status: 403 });
    expect(server.counts.total).toBe(0);
  });
});

describe('a workload with a JWT', () => {
  const nightly = 'system:serviceaccount:batch:nightly';

  it('gets its token', async () => {
    const reply = await broker.get('/token', await issuer.jwt(nightly));
    expect(decodeJwt(tokenIn(reply))).toMatchObject({ client_id: 'hems', scope: 'api:partner' });
  });

  it('may have several audiences', async () => {
    const jwt = await issuer.jwt(nightly, { aud: ['other', 'token-broker'] });
    expect((await broker.get('/token', jwt)).status).toBe(200);
  });

  const now = () => Math.floor(new SystemClock().wallTime() / 1000);
  const bad: [string, () => Promise<string>][] = [
    ['for another audience', () => issuer.jwt(nightly, { aud: 'other' })],
    ['without an audience', () => issuer.jwt(nightly, { aud: undefined })],
    ['that has expired', () => issuer.jwt(nightly, { exp: now() - 60 })],
    ['that never expires', () => issuer.jwt(nightly, { exp: undefined })],
    ['that is not valid yet', () => issuer.jwt(nightly, { nbf: now() + 60 })],
    ['from the future', () => issuer.jwt(nightly, { iat: now() + 60 })],
    ['of another issuer', () => issuer.jwt(nightly, { iss: 'https://other.example' })],
    ['without a subject', () => issuer.jwt(nightly, { sub: undefined })],
    [
      'that nobody signed',
      async () =>
        new UnsecuredJWT({ iss: issuer.url, aud: 'token-broker', sub: nightly, exp: now() + 60 }).encode(),
    ],
    [
      'with another signature',
      async () => {
        const [head, , signature] = (await issuer.jwt(nightly)).split('.');
        return [head, (await issuer.jwt('other')).split('.')[1], signature].join('.');
      },
    ],
  ];

  it.each(bad)('%s is not let in', async (_, jwt) => {
    const { status, headers, body } = await broker.get('/token', await jwt());
    expect({ status, error: body['error'] }).toEqual({ status: 401, error: 'invalid_client' });
    expect(headers.get('www-authenticate')).toMatch(/^Bearer\b/);
    expect(server.counts.total).toBe(0);
  });

  it('of an unknown subject is not let in', async () => {
    const reply = await broker.get('/token', await issuer.jwt('system:serviceaccount:batch:other'));
    expect(reply).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
  });

  it('is not let in any more once it has expired', async () => {
    const jwt = await issuer.jwt(nightly);
    tokenIn(await broker.get('/token', jwt));
    time.forward(320_000);
    expect((await broker.get('/token', jwt)).status).toBe(401);
  });
});
