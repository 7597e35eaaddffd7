import * as openidClient from 'openid-client';
import { decodeJwt } from 'jose';
// @ts-expect-error -- it comes without types
import { ClientCredentials } from 'simple-oauth2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ScriptedResponse } from '../../apps/dev-authorization-server/src/misbehaviour.js';
import { DevAuthorizationServer } from '../../apps/dev-authorization-server/src/dev-authorization-server.js';
import { someKey, type TokenReply } from '#test/broker-process.js';
import { client, consumer, registration } from '#test/partner.js';
import { OwnBroker } from './own-broker.js';
import { OwnIssuer } from './own-issuer.js';

const resources = ['https://api.example', 'https://reports.example'];
const jwtBearer = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const nightly = 'system:serviceaccount:batch:nightly';

/** What the authorization server answers, by the name of the client. */
const misbehaviours: Readonly<Record<string, ScriptedResponse>> = {
  untrusted: { error: 'invalid_client' },
  wordy: {
    status: 400,
    json: { error: 'invalid_client', error_description: 'the "secret" is \\ not r\u00e9al' },
  },
  down: { status: 503, headers: { 'retry-after': '7' } },
  page: { html: true },
  'no-scope': { error: 'invalid_scope' },
  'no-target': { error: 'invalid_target' },
};
const [orderKey, deskKey, buyerKey] = [someKey(), someKey(), someKey()];

let issuer: OwnIssuer;
/** Of an issuer that is gone. */
let lostJwt: string;
let server: DevAuthorizationServer;
let broker: OwnBroker;

beforeAll(async () => {
  issuer = await OwnIssuer.start();
  const lostIssuer = await OwnIssuer.start();
  const names = ['whitelabel', 'hems', 'spent', ...Object.keys(misbehaviours)];
  server = await DevAuthorizationServer.start({
    clients: names.map((name) => ({ ...registration(name), resources })),
  });
  for (const [name, answer] of Object.entries(misbehaviours)) server.misbehave({ client: name, answer });
  const others = names.slice(1).map((name) => {
    const maxTokenRequestsPerMinute = name === 'spent' ? 1 : 60;
    return [name, client(server, { clientId: name, resources, maxTokenRequestsPerMinute })];
  });
  broker = await OwnBroker.start({
    clients: { rabot: client(server, { resources }), ...Object.fromEntries(others) },
    consumers: {
      'order-service': consumer(orderKey),
      'support-desk': consumer(deskKey, ['api:partner'], ['rabot', ...names.slice(1)]),
      buyer: consumer(buyerKey, ['api:partner', 'create:orders'], ['spent']),
      batch: {
        workload: { issuer: 'cluster', subject: nightly },
        allow: [{ client: 'hems', scopes: ['api:partner'] }],
      },
      lost: {
        workload: { issuer: 'lost', subject: nightly },
        allow: [{ client: 'hems', scopes: ['api:partner'] }],
      },
    },
    workloadIssuers: { cluster: issuer.settings, lost: lostIssuer.settings },
  });
  lostJwt = await lostIssuer.jwt(nightly);
  await lostIssuer.stop();
});

afterAll(async () => {
  await broker?.stop();
  await server?.stop();
  await issuer?.stop();
});

type Fields = Record<string, string> | [string, string][];

const grant = { grant_type: 'client_credentials' };
const orderSecret = { client_id: 'order-service', client_secret: orderKey.key };
const buyerSecret = { client_id: 'buyer', client_secret: buyerKey.key };
const deskSecret = { client_id: 'support-desk', client_secret: deskKey.key };

function post(fields: Fields, { path = '/oauth2/token', headers = {} } = {}): Promise<TokenReply> {
  return broker.send(path, { method: 'POST', headers, body: new URLSearchParams(fields) });
}

function basic(name: string, key: string): { authorization: string } {
  return { authorization: `Basic ${Buffer.from(`${name}:${key}`).toString('base64')}` };
}

describe('the OAuth token endpoint', () => {
  it('answers as RFC 6749 §5.1 has it, and never with a refresh token', async () => {
    const { status, headers, body } = await post({ ...grant, ...orderSecret, scope: 'api:partner' });

    expect(status).toBe(200);
    expect(body).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: expect.any(Number),
      scope: 'api:partner',
      refresh_in: expect.any(Number),
    });
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('pragma')).toBe('no-cache');
    expect(headers.get('content-type')).toMatch(/^application\/json\b/);
  });

  it('hands out the token that GET /token does', async () => {
    const { body } = await post({ ...grant, ...orderSecret, scope: 'create:orders api:partner' });
    const same = await broker.get('/token?scopes=api:partner+create:orders', orderKey.key);
    expect(body['access_token']).toBe(same.body['access_token']);
  });

  it('gives all that is allowed to a client that names no scope', async () => {
    const { body } = await post({ ...grant, ...orderSecret });
    expect(body['scope']).toBe('api:partner create:orders');
  });

  it('takes the client from its path', async () => {
    const { body } = await post({ ...grant, ...deskSecret }, { path: '/oauth2/hems/token' });
    expect(decodeJwt(String(body['access_token']))).toMatchObject({ client_id: 'hems' });
  });

  it('wants a consumer of several clients to name one, and names those it may have', async () => {
    const reply = await post({ ...grant, ...deskSecret });
    expect(reply).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    expect(reply.body['error_description']).toMatch(/rabot, hems/);
  });

  it('passes resources on (RFC 8707)', async () => {
    const fields: [string, string][] = resources.map((resource) => ['resource', resource]);
    const { body } = await post([...Object.entries({ ...grant, ...orderSecret }), ...fields]);
    expect(new Set([decodeJwt(String(body['access_token'])).aud].flat())).toEqual(new Set(resources));
  });

  it('ignores parameters that it does not know', async () => {
    expect(await post({ ...grant, ...orderSecret, audience: 'x', min_ttl: 'soon' })).toMatchObject({
      status: 200,
    });
  });
});

describe('an OAuth client', () => {
  it('authenticates by client_secret_basic, form-url-encoded (RFC 6749 §2.3.1)', async () => {
    const encoded = [...'order-service'].map((c) => (c === '-' ? '%2D' : c)).join('');
    for (const name of ['order-service', encoded]) {
      const headers = basic(name, orderKey.key);
      expect(await post({ ...grant, client_id: 'order-service' }, { headers })).toMatchObject({
        status: 200,
      });
    }
  });

  it('authenticates by its workload JWT, with or without its name', async () => {
    const assertion = { client_assertion_type: jwtBearer, client_assertion: await issuer.jwt(nightly) };
    for (const fields of [assertion, { ...assertion, client_id: 'batch' }]) {
      expect(await post({ ...grant, ...fields })).toMatchObject({ status: 200 });
    }
    const other = await post({ ...grant, ...assertion, client_id: 'order-service' });
    expect(other).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
  });

  it.each([
    ['shows nothing', {}, {}],
    ['has no name', { client_secret: orderKey.key }, {}],
    ['has no secret', { client_id: 'order-service' }, {}],
    ['has an empty secret', { client_id: 'order-service', client_secret: '' }, {}],
    ['has the name of another', { client_id: 'support-desk', client_secret: orderKey.key }, {}],
    ['has an unknown name', { client_id: 'nobody', client_secret: orderKey.key }, {}],
    ['has a wrong key', { client_id: 'order-service', client_secret: someKey().key }, {}],
    ['has the name of another in Basic', {}, basic('support-desk', orderKey.key)],
    ['has another name in the body', { client_id: 'support-desk' }, basic('order-service', orderKey.key)],
    ['sends Basic without a colon', {}, { authorization: `Basic ${btoa(orderKey.key)}` }],
    ['sends Basic that is no Base64', {}, { authorization: 'Basic ?' }],
    ['sends a wrong escape', {}, basic('order%zz', orderKey.key)],
    ['sends its key as Bearer', {}, { authorization: `Bearer ${orderKey.key}` }],
    ['sends a JWT that is none', { client_assertion_type: jwtBearer, client_assertion: 'a.b.c' }, {}],
    ['sends a key as a JWT', { client_assertion_type: jwtBearer, client_assertion: orderKey.key }, {}],
  ])('is not let in that %s', async (_, fields, headers) => {
    const reply = await post({ ...grant, ...fields }, { headers });
    expect(reply).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
    expect(reply.headers.get('www-authenticate')).toMatch(/^Basic realm="/);
    expectOAuthError(reply);
  });

  it.each([
    ['in two ways', { ...orderSecret }, basic('order-service', orderKey.key)],
    ['by two secrets', { ...orderSecret, client_assertion_type: jwtBearer, client_assertion: 'a.b.c' }, {}],
    ['by an assertion of no type', { client_assertion: 'a.b.c' }, {}],
  ])('does not authenticate %s', async (_, fields, headers) => {
    const reply = await post({ ...grant, ...fields }, { headers });
    expect(reply).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
  });
});

/** The form of RFC 6749 §5.2, which knows neither quotes nor backslashes in a description. */
function expectOAuthError({ headers, body }: TokenReply): void {
  expect(headers.get('content-type')).toMatch(/^application\/json\b/);
  expect([headers.get('cache-control'), headers.get('pragma')]).toEqual(['no-store', 'no-cache']);
  expect(body['error']).toMatch(/^[a-z_]+$/);
  expect(body['error_description']).toMatch(/^[\x20\x21\x23-\x5b\x5d-\x7e]{15,}$/);
}

describe('a refusal in OAuth', () => {
  const rows: [string, Fields, number, string, string?][] = [
    ['of no grant type', { ...orderSecret }, 400, 'invalid_request'],
    ['of another grant type', { ...orderSecret, grant_type: 'password' }, 400, 'unsupported_grant_type'],
    ['of a forbidden scope', { ...grant, ...orderSecret, scope: 'role:x' }, 400, 'invalid_scope'],
    ['of a malformed scope', { ...grant, ...orderSecret, scope: 'a"b' }, 400, 'invalid_scope'],
    [
      'of a forbidden resource',
      { ...grant, ...orderSecret, resource: 'https://x.example' },
      400,
      'invalid_target',
    ],
    ['of another client', { ...grant, ...orderSecret }, 400, 'unauthorized_client', '/oauth2/hems/token'],
    [
      'of an unknown client',
      { ...grant, ...orderSecret },
      400,
      'unauthorized_client',
      '/oauth2/nobody/token',
    ],
    ['of a malformed client', { ...grant, ...orderSecret }, 400, 'invalid_request', '/oauth2/no+name/token'],
    [
      'of our client, upstream',
      { ...grant, ...deskSecret },
      502,
      'upstream_rejected',
      '/oauth2/untrusted/token',
    ],
    [
      'of our client, upstream, in words that OAuth has not',
      { ...grant, ...deskSecret },
      502,
      'upstream_rejected',
      '/oauth2/wordy/token',
    ],
    [
      'of no token answer, upstream',
      { ...grant, ...deskSecret },
      502,
      'upstream_malformed',
      '/oauth2/page/token',
    ],
    ['of a scope, upstream', { ...grant, ...deskSecret }, 400, 'invalid_scope', '/oauth2/no-scope/token'],
    [
      'of a resource, upstream',
      { ...grant, ...deskSecret },
      400,
      'invalid_target',
      '/oauth2/no-target/token',
    ],
    [
      'of parameters in the address',
      { ...grant, ...orderSecret },
      400,
      'invalid_request',
      '/oauth2/token?scope=a',
    ],
    [
      'of two grant types',
      [...Object.entries({ ...grant, ...orderSecret }), ['grant_type', 'x']],
      400,
      'invalid_request',
    ],
    [
      'of two scopes',
      [...Object.entries({ ...grant, ...orderSecret }), ['scope', 'a'], ['scope', 'b']],
      400,
      'invalid_request',
    ],
  ];

  it.each(rows)('%s is told in its words', async (_, fields, status, error, path) => {
    const reply = await post(fields, { path: path ?? '/oauth2/token' });
    expect({ status: reply.status, error: reply.body['error'] }).toEqual({ status, error });
    expectOAuthError(reply);
  });

  it('says when to ask again, where that helps', async () => {
    const reply = await post({ ...grant, ...deskSecret }, { path: '/oauth2/down/token' });
    expect(reply).toMatchObject({ status: 503, body: { error: 'temporarily_unavailable' } });
    expect(Number(reply.headers.get('retry-after'))).toBeGreaterThanOrEqual(7);
    expectOAuthError(reply);
  });

  it('for a budget used up says when to ask again', async () => {
    const spend = (scope: string) =>
      post({ ...grant, ...buyerSecret, scope }, { path: '/oauth2/spent/token' });
    expect(await spend('api:partner')).toMatchObject({ status: 200 });
    const reply = await spend('api:partner create:orders');
    expect(reply).toMatchObject({ status: 503, body: { error: 'temporarily_unavailable' } });
    expect(Number(reply.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expectOAuthError(reply);
  });

  it('of a workload whose issuer is gone is not its fault: it may ask again', async () => {
    const assertion = { client_assertion_type: jwtBearer, client_assertion: lostJwt };
    const reply = await post({ ...grant, ...assertion });
    expect(reply).toMatchObject({ status: 503, body: { error: 'temporarily_unavailable' } });
    expect(Number(reply.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expectOAuthError(reply);
  });

  it.each([
    ['of another method', '/oauth2/token', { method: 'GET' }, 405],
    ['of another path', '/oauth2/token/more', { method: 'POST' }, 404],
    ['of a body too large', '/oauth2/token', { method: 'POST', body: 'x'.repeat(20_000) }, 413],
  ])('%s keeps the status that HTTP has for it', async (_, path, request, status) => {
    const reply = await broker.send(path, request);
    expect(reply).toMatchObject({ status, body: { error: 'invalid_request' } });
    expect(reply.headers.get('allow')).toBe(status === 405 ? 'POST' : null);
    expectOAuthError(reply);
  });

  it('of a body that is no form says so', async () => {
    const body = JSON.stringify({ ...grant, ...orderSecret });
    const headers = { 'content-type': 'application/json' };
    const reply = await broker.send('/oauth2/token', { method: 'POST', headers, body });
    expect(reply).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
  });

  it('stands in the audit under the code of the one table', async () => {
    const before = broker.lines.length;
    await post({ ...grant, ...orderSecret, scope: 'role:x' });
    const audited = () => broker.lines.slice(before).find((line) => 'audit' in line);
    await expect.poll(audited).toMatchObject({ audit: 'access_denied', consumer: 'order-service' });
  });
});

describe('the metadata (RFC 8414)', () => {
  const wellKnown = '/.well-known/oauth-authorization-server';

  it('names the token endpoint under the address that was asked', async () => {
    const { status, body } = await broker.send(wellKnown, {});
    expect({ status, body }).toEqual({
      status: 200,
      body: {
        issuer: broker.consumers,
        token_endpoint: `${broker.consumers}/oauth2/token`,
        token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
        grant_types_supported: ['client_credentials'],
        response_types_supported: [],
      },
    });
  });

  it('is the same for a client that there is and one that there is not', async () => {
    const [known, unknown] = await Promise.all(
      ['rabot', 'nobody'].map((name) => broker.send(`${wellKnown}/oauth2/${name}`, {})),
    );
    const { issuer: base, token_endpoint: endpoint } = known!.body;
    expect([base, endpoint]).toEqual([
      `${broker.consumers}/oauth2/rabot`,
      `${broker.consumers}/oauth2/rabot/token`,
    ]);
    expect(JSON.stringify(unknown!.body).replaceAll('nobody', 'rabot')).toBe(JSON.stringify(known!.body));
    expect(await broker.send(`${wellKnown}/oauth2/no+name`, {})).toMatchObject({ status: 400 });
  });

  it('leaves no line in the audit', async () => {
    const before = broker.lines.length;
    await broker.send(wellKnown, {});
    await broker.send('/oauth2/token', { method: 'POST' });
    await expect.poll(() => broker.lines.slice(before).filter((line) => 'audit' in line)).toHaveLength(1);
  });
});

describe('existing OAuth code', () => {
  it('openid-client finds the endpoint and gets a token in every way it knows', async () => {
    const ways = [openidClient.ClientSecretBasic(orderKey.key), openidClient.ClientSecretPost(orderKey.key)];
    for (const way of ways) {
      const configuration = await openidClient.discovery(
        new URL(`${broker.consumers}/oauth2/rabot`),
        'order-service',
        undefined,
        way,
        { algorithm: 'oauth2', execute: [openidClient.allowInsecureRequests] },
      );
      const answer = await openidClient.clientCredentialsGrant(configuration, { scope: 'api:partner' });
      expect(answer).toMatchObject({ scope: 'api:partner', token_type: 'bearer' });
    }
  });

  it('simple-oauth2 gets a token', async () => {
    const oauth = new ClientCredentials({
      client: { id: 'order-service', secret: orderKey.key },
      auth: { tokenHost: broker.consumers, tokenPath: '/oauth2/token' },
    });
    const { token } = await oauth.getToken({ scope: 'api:partner' });
    expect(token['scope']).toBe('api:partner');
  });
});
