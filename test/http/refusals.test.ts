import { once } from 'node:events';
import { text as textOf } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DevAuthorizationServer } from '../../apps/dev-authorization-server/src/dev-authorization-server.js';
import { BrokerProcess, someKey } from '#test/broker-process.js';
import { client, consumer, registration } from '#test/partner.js';
import { runningScene } from '#test/running.js';
import { exchangeRaw, openSocket } from './raw-socket.js';

const { key, hash } = someKey();
const credential = `Authorization: Bearer ${key}`;

let server: DevAuthorizationServer;
let broker: BrokerProcess;

beforeAll(async () => {
  server = await DevAuthorizationServer.start({ clients: [registration()] });
  broker = await BrokerProcess.start(
    {
      trustedProxies: ['127.0.0.0/8'],
      clients: { rabot: client(server) },
      consumers: { 'order-service': consumer({ hash }) },
    },
    { atEnd: () => {} },
  );
});

afterAll(async () => {
  await broker?.stop();
  await server?.stop();
});

function send(line: string, headers: readonly string[] = [credential], body = '') {
  const head = [`${line} HTTP/1.1`, 'Host: broker.example', ...headers];
  return exchangeRaw(broker.consumers, [...head, '', body].join('\r\n'));
}

describe('what stands behind /forward-auth/CLIENT/SCOPES/', () => {
  it.each(['', 'orders', '%', '%zz', '%FC', '%00', '../../token', 'a?b=%&scopes=c', '//', '#x'])(
    'means nothing: %s',
    async (path) => {
      for (const method of ['GET', 'POST', 'PROPFIND', 'REPORT', 'QUERY']) {
        const answer = await send(`${method} /forward-auth/rabot/api:partner/${path}`);
        expect([method, answer?.status]).toEqual([method, 200]);
      }
    },
  );
});

describe('a refusal after the head of a request', () => {
  it.each([
    ['an unknown path', () => send('GET /nowhere'), 404],
    ['a malformed path', () => send('GET /%zz'), 400],
    ['a malformed client in the path', () => send('GET /forward-auth/%zz/api:partner/'), 400],
    ['another method', () => send('PUT /token'), 405],
    ['two hosts', () => send('GET /token', [credential, 'Host: other.example']), 400],
    ['an expectation', () => send('GET /token', [credential, 'Expect: more']), 417],
    ['CONNECT', () => send('CONNECT other.example:443'), 400],
    [
      'a body that is too large',
      () => send('POST /token/rejected', [credential, 'Content-Length: 99999']),
      413,
    ],
    [
      'a malformed body',
      () => send('POST /token/rejected', [credential, 'Transfer-Encoding: chunked'], 'zz\r\n'),
      400,
    ],
  ])('has an id and an audit line: %s', async (_, ask, status) => {
    const answer = await ask();
    expect(answer?.status).toBe(status);
    const requestId = answer?.headers.get('x-request-id');
    expect(requestId).toMatch(/^[\w-]+$/);
    const line = await broker.logged((one) => one['requestId'] === requestId);
    expect(line).toMatchObject({ audit: 'invalid_request', level: 'info' });
  });
});

it('a failure of the authorization server is logged as a warning, with whole seconds', async () => {
  const scene = await runningScene();
  scene.server.misbehave({ answer: { status: 503 } });
  expect((await scene.broker.get('/token?scopes=api:partner', scene.key)).status).toBe(503);
  const refused = await scene.broker.logged(({ audit }) => audit === 'temporarily_unavailable');
  expect(refused).toMatchObject({ level: 'warn' });
  const failed = await scene.broker.logged(({ reason }) => reason === 'unavailable');
  expect(Number.isInteger(failed['retryAfter'])).toBe(true);
});

describe('what costs much', () => {
  it('is refused: more than 100 scopes', async () => {
    const scopes = (count: number) => Array.from({ length: count }, (_, n) => `s${n}`).join('+');
    expect((await broker.get(`/token?scopes=${scopes(100)}`, key)).status).toBe(403);
    const { status, body } = await broker.get(`/token?scopes=${scopes(101)}`, key);
    expect([status, body['error']]).toEqual([400, 'invalid_scope']);
    expect(body['error_description']).toContain('100 scopes');
  });

  it('is refused: a credential over 4 KiB', async () => {
    const jwt = `${'a'.repeat(2_000)}.${'b'.repeat(2_000)}.${'c'.repeat(200)}`;
    const { status, body } = await broker.get('/token', jwt);
    expect([status, body['error_description']]).toEqual([401, expect.stringContaining('4 KiB')]);
  });

  it('is limited by address: refused credentials; known ones are served on', async () => {
    await broker.get('/token?scopes=api:partner', key);
    const from = (address: string, bearer: string) =>
      send('GET /token?scopes=api:partner', [
        `Authorization: Bearer ${bearer}`,
        `X-Forwarded-For: 1.1.1.1, ${address}`,
      ]);
    const statuses = await Promise.all(
      Array.from({ length: 200 }, async (_, n) => (await from('203.0.113.9', `wrong-${n}`))?.status),
    );
    expect(new Set(statuses)).toEqual(new Set([401, 429]));
    expect((await from('203.0.113.9', key))?.status).toBe(200);
    expect((await from('203.0.113.10', 'wrong'))?.status).toBe(401);
  });
});

it('an empty scope in a form counts as left out (RFC 6749 section 3.2)', async () => {
  const body = `grant_type=client_credentials&client_id=order-service&client_secret=${key}&scope=`;
  const headers = ['Content-Type: application/x-www-form-urlencoded', `Content-Length: ${body.length}`];
  expect((await send('POST /oauth2/token', headers, body))?.status).toBe(200);
});

it('an unknown field in a report of a rejected token is answered with the required one', async () => {
  const { status, body } = await broker.reject({ token: 'x' }, key);
  expect([status, body['error_description']]).toEqual([400, expect.stringContaining('access_token_sha256')]);
});

describe('a connection whose request with a body has been answered', () => {
  const answered = [
    'POST /oauth2/token HTTP/1.1',
    'Host: broker.example',
    'Content-Type: text/plain',
    'Content-Length: 3',
    '',
    'a=b',
  ].join('\r\n');

  it.each([
    ['ends within half a request', 'G'],
    ['continues with what is not HTTP', 'not HTTP at all\r\n\r\n'],
    ['continues with a malformed length', 'GET /token HTTP/1.1\r\nContent-Length: +1\r\n\r\n'],
  ])('is ended when it %s', async (_, rest) => {
    const socket = await openSocket(broker.consumers);
    socket.write(answered);
    await once(socket, 'readable');
    socket.end(rest);
    expect((await textOf(socket)).match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 400', 'HTTP/1.1 400']);
  });
});
