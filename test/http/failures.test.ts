import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DevAuthorizationServer } from '../../apps/dev-authorization-server/src/dev-authorization-server.js';
import type { Effects } from '../../apps/dev-authorization-server/src/misbehaviour.js';
import { someKey, type TokenReply } from '#test/broker-process.js';
import { metricValue } from '#test/metric-value.js';
import { client, consumer, registration } from '#test/partner.js';
import { OwnBroker } from './own-broker.js';
import { OwnIssuer } from './own-issuer.js';

interface UpstreamRow {
  effects: Effects;
  status: number;
  error: string;
  /** What `upstream_error` says; undefined: there is none. */
  upstreamError?: string;
  /** What the description tells to do. */
  advice: RegExp;
  /** Seconds that `Retry-After` says at least. */
  retryAfter?: number;
}

const refused = { status: 502, error: 'upstream_rejected' };
const malformed = { status: 502, error: 'upstream_malformed', advice: /Check that the settings name/ };
const passing = { status: 503, error: 'temporarily_unavailable' };

/** By the name of the client that meets it: a refusal stops all token requests of a client for a while. */
const upstream: Readonly<Record<string, UpstreamRow>> = {
  'invalid-client': {
    effects: { answer: { error: 'invalid_client' } },
    ...refused,
    upstreamError: 'invalid_client',
    advice: /Check clientId and clientSecret/,
  },
  'unauthorized-client': {
    effects: { answer: { error: 'unauthorized_client' } },
    ...refused,
    upstreamError: 'unauthorized_client',
    advice: /grant type client_credentials enabled/,
  },
  'unsupported-grant-type': {
    effects: { answer: { error: 'unsupported_grant_type' } },
    ...refused,
    upstreamError: 'unsupported_grant_type',
    advice: /check tokenEndpoint/,
  },
  'invalid-request': {
    effects: { answer: { error: 'invalid_request' } },
    ...refused,
    upstreamError: 'invalid_request',
    advice: /Check the scopes, resources and parameters/,
  },
  'own-error': {
    effects: { answer: { error: 'account_locked', status: 401 } },
    ...refused,
    upstreamError: 'account_locked',
    advice: /Check/,
  },
  'plain-401': { effects: { answer: { status: 401, html: true } }, ...refused, advice: /token endpoint/ },
  'plain-403': { effects: { answer: { status: 403 } }, ...refused, advice: /token endpoint/ },
  // A router during a redeploy: no log-in was judged.
  'plain-404': { effects: { answer: { status: 404, html: true } }, ...passing, advice: /token endpoint/ },
  redirect: {
    effects: { answer: { redirectTo: 'https://log-in.example/' } },
    ...refused,
    advice: /must name the final address/,
  },
  'invalid-scope': {
    effects: { answer: { error: 'invalid_scope' } },
    status: 400,
    error: 'invalid_scope',
    upstreamError: 'invalid_scope',
    advice: /Have these scopes assigned/,
  },
  'invalid-target': {
    effects: { answer: { error: 'invalid_target' } },
    status: 400,
    error: 'invalid_scope',
    upstreamError: 'invalid_target',
    advice: /No resource was requested/,
  },
  page: { effects: { answer: { html: true } }, ...malformed },
  empty: { effects: { answer: {} }, ...malformed },
  // As GitHub answers.
  'error-in-200': {
    effects: { answer: { status: 200, error: 'invalid_client' } },
    ...refused,
    upstreamError: 'invalid_client',
    advice: /Check clientId and clientSecret/,
  },
  'no-token': { effects: { withoutFields: ['access_token'] }, ...malformed },
  gone: {
    effects: { answer: { status: 410, html: true } },
    ...refused,
    advice: /no credential was evaluated/,
  },
  'proxy-log-in': { effects: { answer: { status: 407 } }, ...refused, advice: /proxy in front of it/ },
  'other-type': { effects: { fields: { token_type: 'mac' } }, ...malformed },
  'negative-life': { effects: { fields: { expires_in: -1 } }, ...malformed },
  'token-with-line-break': { effects: { fields: { access_token: 'not-a-real\r\ntoken' } }, ...malformed },
  'status-500': {
    effects: { answer: { status: 500, html: true } },
    ...passing,
    advice: /retries after a pause/,
  },
  'status-503': {
    effects: { answer: { status: 503, headers: { 'retry-after': '7' } } },
    ...passing,
    advice: /retries after a pause/,
    retryAfter: 7,
  },
  'status-429': {
    effects: { answer: { retryAfter: 30 } },
    ...passing,
    advice: /maxTokenRequestsPerMinute/,
    retryAfter: 30,
  },
  'server-error': {
    effects: { answer: { error: 'server_error' } },
    ...passing,
    upstreamError: 'server_error',
    advice: /retries after a pause/,
  },
  'says-unavailable': {
    effects: { answer: { error: 'temporarily_unavailable' } },
    ...passing,
    upstreamError: 'temporarily_unavailable',
    advice: /retries after a pause/,
  },
  closed: { effects: { close: true }, ...passing, advice: /Check the network/ },
  reset: { effects: { resetMidBody: true }, ...passing, advice: /response was incomplete/ },
  silent: { effects: { hang: true }, ...passing, advice: /raise timeout/ },
};

const names = ['fine', 'spent', 'locked', ...Object.keys(upstream)];
const [key, fullKey] = [someKey(), someKey()];

let server: DevAuthorizationServer;
let issuer: OwnIssuer;
let broker: OwnBroker;

function settings(): object {
  const clients = names.map((name) => {
    const maxTokenRequestsPerMinute = name === 'spent' ? 1 : 60;
    const fields = { clientId: name, timeout: 0.5, requiredScopes: [], maxTokenRequestsPerMinute };
    return [name, client(server, fields)] as const;
  });
  return {
    clients: Object.fromEntries(clients),
    consumers: {
      one: consumer(key, ['api:partner', 'create:orders'], names),
      other: consumer(fullKey, ['api:partner'], ['fine']),
      batch: {
        workload: { issuer: 'gone', subject: 'nightly' },
        allow: [{ client: 'fine', scopes: ['api:partner'] }],
      },
    },
    workloadIssuers: { gone: issuer.settings },
  };
}

beforeAll(async () => {
  issuer = await OwnIssuer.start();
  server = await DevAuthorizationServer.start({ clients: names.map((name) => registration(name)) });
  for (const [name, { effects }] of Object.entries(upstream)) {
    server.misbehave({ client: name, ...effects });
  }
  server.misbehave({ client: 'locked', answer: { error: 'invalid_client' } });
  broker = await OwnBroker.start(settings());
});

afterAll(async () => {
  await broker?.stop();
  await server?.stop();
  await issuer?.stop();
});

function ask(query: string): Promise<TokenReply> {
  return broker.get(`/token?${query}`, key.key);
}

const fields = new Set(['error', 'error_description', 'upstream_error']);

/** The row of the table that an answer is, and how it falls short of the form that all of them have. */
function failureIn({ status, headers, body }: TokenReply) {
  const faults = [
    !headers.get('content-type')?.startsWith('application/json') && 'content type',
    headers.get('cache-control') !== 'no-store' && 'cache control',
    headers.has('www-authenticate') !== (status === 401) && 'challenge',
    !/^.{15,}$/.test(String(body['error_description'])) && 'description',
    !Object.keys(body).every((name) => fields.has(name)) && 'unknown fields',
  ];
  return { status, error: body['error'], faults: faults.filter((fault) => fault !== false) };
}

describe('a refusal by the broker', () => {
  const invalidRequest = { status: 400, error: 'invalid_request' };
  const invalidScope = { status: 400, error: 'invalid_scope' };

  it.each([
    ['client=fine&scpoes=api:partner', invalidRequest, /unknown parameter.*scopes/],
    ['client=fine&client=fine', invalidRequest, /client must be given once/],
    ['client=fine&min_ttl=60&min_ttl=60', invalidRequest, /min_ttl must be given once/],
    ['client=no+name', invalidRequest, /name of a client/],
    ['client=', invalidRequest, /name of a client/],
    ['client=fine&min_ttl=soon', invalidRequest, /whole number/],
    ['client=fine&min_ttl=', invalidRequest, /whole number/],
    ['client=fine&min_ttl=-1', invalidRequest, /whole number/],
    ['client=fine&min_ttl=1.5', invalidRequest, /whole number/],
    ['client=fine&min_ttl=1e3', invalidRequest, /whole number/],
    ['client=fine&min_ttl=86400', invalidRequest, /3599 s/],
    ['client=fine&resource=orders', invalidRequest, /absolute URI/],
    ['client=fine&resource=https://api.example/%23part', invalidRequest, /absolute URI/],
    ['client=fine&scopes=%', invalidRequest, /percent-encoded/],
    ['scopes=api:partner', invalidRequest, /name the client in the parameter client/],
    ['client=fine&scopes=', invalidScope, /name the scopes/],
    ['client=fine&scopes=++', invalidScope, /name the scopes/],
    ['client=fine&scopes=a%22b', invalidScope, /visible ASCII/],
    ['client=fine&scopes=a%0Ab', invalidScope, /visible ASCII/],
    ['client=fine&scopes=caf%C3%A9', invalidScope, /visible ASCII/],
  ])('of %s says what to do', async (query, expected, advice) => {
    const reply = await ask(query);
    expect(failureIn(reply)).toEqual({ ...expected, faults: [] });
    expect(reply.body['error_description']).toMatch(advice);
    expect(reply.body).not.toHaveProperty('upstream_error');
  });

  it.each([
    ['no credential', undefined],
    ['an empty one', ''],
    ['a scheme without a credential', 'Bearer'],
    ['an unknown key', `Bearer ${someKey().key}`],
    ['a key with a character more', `Bearer ${key.key}x`],
    ['a key in upper case', `Bearer ${key.key.toUpperCase()}`],
    ['the hash instead of the key', `Bearer ${key.hash.replace('sha256:', '')}`],
    ['two keys in one', `Bearer ${key.key}, Bearer ${key.key}`],
    ['another scheme', `Basic ${Buffer.from(`one:${key.key}`).toString('base64')}`],
    ['something like a JWT', 'Bearer a.b.c'],
  ])('for %s asks for a credential', async (_, authorization) => {
    const headers = new Headers(authorization === undefined ? [] : [['authorization', authorization]]);
    const reply = await broker.send('/token?client=fine', { headers });
    expect(failureIn(reply)).toEqual({ status: 401, error: 'invalid_client', faults: [] });
    expect(reply.headers.get('www-authenticate')).toMatch(/^Bearer realm="/);
  });

  it('comes before the parameters are looked at: they tell nothing to a stranger', async () => {
    const reply = await broker.send('/token?unknown=1&client=none', {});
    expect(failureIn(reply)).toEqual({ status: 401, error: 'invalid_client', faults: [] });
  });

  it('names the scope, and is the same for an unknown client', async () => {
    const forbidden = await broker.get('/token?client=fine&scopes=create:orders', fullKey.key);
    const foreign = await broker.get('/token?client=spent&scopes=create:orders', fullKey.key);
    const unknown = await broker.get('/token?client=nobody&scopes=create:orders', fullKey.key);

    for (const reply of [forbidden, foreign, unknown]) {
      expect(failureIn(reply)).toEqual({ status: 403, error: 'access_denied', faults: [] });
      expect(reply.body['error_description']).toContain('create:orders');
    }
    const [told, ...others] = [
      [forbidden, 'fine'],
      [foreign, 'spent'],
      [unknown, 'nobody'],
    ].map(([reply, name]) => shapeOf(reply as TokenReply, name as string));
    expect(others).toEqual([told, told]);
  });

  it('of a token that is too young says when to ask again', async () => {
    const { body } = await ask('client=fine');
    const access_token_sha256 = createHash('sha256').update(String(body['access_token'])).digest('hex');

    const reply = await broker.reject({ client: 'fine', access_token_sha256 }, key.key);

    expect(failureIn(reply)).toEqual({ status: 429, error: 'slow_down', faults: [] });
    expect(Number(reply.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(Number(reply.headers.get('retry-after'))).toBeLessThanOrEqual(10);
  });

  it('for a budget used up says when to ask again', async () => {
    expect(await ask('client=spent&scopes=api:partner')).toMatchObject({ status: 200 });

    const reply = await ask('client=spent&scopes=api:partner+create:orders');

    expect(failureIn(reply)).toEqual({ status: 503, error: 'temporarily_unavailable', faults: [] });
    expect(Number(reply.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(Number(reply.headers.get('retry-after'))).toBeLessThanOrEqual(60);
  });

  it('of a workload whose issuer is gone is not its fault: it may ask again', async () => {
    const jwt = await issuer.jwt('nightly');
    await issuer.stop();

    const reply = await broker.get('/token', jwt);

    expect(failureIn(reply)).toEqual({ status: 503, error: 'temporarily_unavailable', faults: [] });
    expect(Number(reply.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  });
});

/** All that a consumer could tell answers apart by, without the name that it has asked for itself. */
function shapeOf({ status, headers, body }: TokenReply, name: string) {
  const own = new Set(['date', 'x-request-id', 'content-length']);
  return {
    status,
    headers: [...headers].filter(([header]) => !own.has(header)),
    body: JSON.stringify(body).replace(name, 'NAME'),
  };
}

describe('a failure of the authorization server', () => {
  it.each(Object.entries(upstream))('%s is told as what it is', async (name, row) => {
    const reply = await ask(`client=${name}`);

    const { status, error, upstreamError, advice, retryAfter = 1 } = row;
    expect(failureIn(reply)).toEqual({ status, error, faults: [] });
    expect(reply.body['upstream_error']).toBe(upstreamError);
    expect(reply.body['error_description']).toMatch(advice);
    // Wherever asking again can help, it is said when, and what the authorization server says about that is obeyed.
    expect(Number(reply.headers.get('retry-after'))).toBeGreaterThanOrEqual(retryAfter);
  });

  it.each([
    ['redirect', 0],
    ['gone', 0],
    ['proxy-log-in', 0],
    ['unsupported-grant-type', 0],
    ['plain-404', 0],
    ['invalid-client', 1],
    ['plain-403', 1],
  ])('sets credential_refused only where a credential was refused: %s', async (name, value) => {
    await ask(`client=${name}`);
    const metrics = await (await fetch(`${broker.management}/metrics`)).text();
    expect(metricValue(metrics, `token_broker_credential_refused{client="${name}"}`)).toBe(value);
    expect(metricValue(metrics, `token_broker_cooldown_active{client="${name}"}`)).toBe(1);
  });

  it('is told to all who ask meanwhile, without another request', async () => {
    const replies = await Promise.all(Array.from({ length: 20 }, () => ask('client=locked')));

    for (const reply of replies) expect(failureIn(reply)).toEqual({ ...refused, faults: [] });
    expect((await ask('client=locked')).body['upstream_error']).toBe('invalid_client');
    expect(server.counts.byClient['locked']).toBe(1);
  });
});
