import { atEndOfAll } from '#test/at-end.js';
import { once } from 'node:events';
import { fc } from '#test/property.js';
import { beforeAll, describe, expect, it } from 'vitest';
import { DevAuthorizationServer } from '../../apps/dev-authorization-server/src/dev-authorization-server.js';
import { BrokerProcess, someKey } from '#test/broker-process.js';
import { metricValue } from '#test/metric-value.js';
import { client, consumer, registration } from '#test/partner.js';
import { exchangeRaw, openSocket, type RawAnswer } from './raw-socket.js';

/** What stands in each input where a careless caller would put a secret. */
const canary = 'not-a-real-canary';
const { key, hash } = someKey();
const credential = `Authorization: Bearer ${key}`;
const sha256 = 'ab'.repeat(32);

const atEnd = atEndOfAll();
let server: DevAuthorizationServer;
let broker: BrokerProcess;

beforeAll(async () => {
  server = await DevAuthorizationServer.start({ clients: [registration()] });
  atEnd(() => server.stop());
  const settings = {
    clients: { rabot: client(server, { maxTokenRequestsPerMinute: 100_000 }) },
    consumers: { 'order-service': consumer({ hash }) },
  };
  broker = await BrokerProcess.start(settings, { atEnd });
});

/** @param lines of the head after the request line; `Host` is added */
function request(line: string, lines: readonly string[] = [credential], body = ''): string {
  return [`${line} HTTP/1.1`, 'Host: broker.internal', ...lines, '', body].join('\r\n');
}

function post(body: string, ...lines: string[]): string {
  const length = `Content-Length: ${Buffer.byteLength(body)}`;
  const head = [credential, ...(lines.length > 0 ? lines : ['Content-Type: application/json']), length];
  return request('POST /token/rejected', head, body);
}

/** A rejection with one field more. */
function rejection(field: string): string {
  return post(`{"access_token_sha256":"${sha256}",${field}}`);
}

function chunked(chunks: string): string {
  const head = [credential, 'Content-Type: application/json', 'Transfer-Encoding: chunked'];
  return request('POST /token/rejected', head, chunks);
}

function get(query: string): string {
  return request(`GET /token?${query}`);
}

type Row = [what: string, bytes: string | Buffer, status: number];

const deep = `${'['.repeat(8_000)}${']'.repeat(8_000)}`;

const forConsumers: Row[] = [
  ['an unknown parameter', get(`secret=${canary}`), 400],
  ['a parameter of JavaScript', get(`__proto__=${canary}&constructor=${canary}`), 400],
  ['a parameter without a name', get(`=${canary}`), 400],
  ['a parameter in another case', get(`SCOPES=${canary}`), 400],
  ['brackets after a parameter', get(`scopes[]=${canary}`), 400],
  ['a repeated client', get(`client=${canary}&client=${canary}`), 400],
  ['a client with odd characters', get(`client=${canary}!`), 400],
  ['a client that is too long', get(`client=${canary.repeat(10)}`), 400],
  ['a min_ttl that is no number', get(`min_ttl=${canary}`), 400],
  ['a scope with odd characters', get(`scopes=${canary}%22`), 400],
  ['a scope with a NUL', get(`scopes=${canary}%00`), 400],
  ['a scope with a line break', get(`scopes=${canary}%0d%0aX:%20y`), 400],
  ['a scope beyond ASCII', get(`scopes=${canary}%C3%A9`), 400],
  ['a resource that is no URI', get(`resource=${canary}`), 400],
  ['a resource with a fragment', get(`resource=https://api.example/%23${canary}`), 400],
  ['a resource that is too long', get(`resource=https://api.example/${canary.repeat(200)}`), 400],
  ['a bad percent escape', get(`scopes=${canary}%zz`), 400],
  ['half a percent escape', get(`scopes=${canary}%`), 400],
  ['bad UTF-8', get(`scopes=${canary}%ff`), 400],
  ['UTF-8 that is longer than needed', get(`scopes=${canary}%c0%af`), 400],
  ['a surrogate', get(`scopes=${canary}%ed%a0%80`), 400],
  ['a thousand parameters', get(`${canary}=1&`.repeat(500)), 400],
  ['no credential', request(`GET /token?scopes=${canary}`, []), 401],
  ['a wrong key', request('GET /token', [`Authorization: Bearer ${canary}`]), 401],
  ['two credentials', request('GET /token', [credential, `Authorization: Bearer ${canary}`]), 401],
  ['the same credential twice', request('GET /token', [credential, credential]), 401],
  ['another scheme', request('GET /token', [`Authorization: Basic ${canary}`]), 401],
  ['a credential with a tab', request('GET /token', [`Authorization: Bearer\t${canary}`]), 401],
  ['a very long credential', request('GET /token', [`Authorization: Bearer ${canary.repeat(900)}`]), 401],
  ['a credential in the query', request(`GET /token?access_token=${canary}`, []), 401],
  ['GET of the other', request(`GET /token/rejected?scopes=${canary}`), 405],
  ['POST of the first', request('POST /token', [credential, 'Content-Length: 17'], canary), 405],
  ['PUT', request('PUT /token', [credential, 'Content-Length: 17'], canary), 405],
  ['DELETE', request(`DELETE /token?scopes=${canary}`), 405],
  ['PATCH of the other', request(`PATCH /token/rejected?scopes=${canary}`), 405],
  ['HEAD', request(`HEAD /token?scopes=${canary}`), 405],
  ['OPTIONS', request(`OPTIONS /token?scopes=${canary}`), 405],
  ['TRACE', request('TRACE /token', [credential, `X-Secret: ${canary}`]), 405],
  ['PROPFIND', request(`PROPFIND /token?scopes=${canary}`), 405],
  ['another method for a whole URL', request(`POST http://broker.example/token?scopes=${canary}`), 405],
  ['a slash at the end', request(`GET /token/?scopes=${canary}`), 404],
  ['two slashes', request(`GET //token?scopes=${canary}`), 404],
  ['a path in another case', request(`GET /Token?scopes=${canary}`), 404],
  ['a way up', request(`GET /token/../token?scopes=${canary}`), 404],
  ['no content type', request('POST /token/rejected', [credential, 'Content-Length: 17'], canary), 400],
  ['a wrong content type', post(`{"access_token_sha256":"${canary}"}`, 'Content-Type: text/plain'), 400],
  ['a form', post(`access_token_sha256=${canary}`, 'Content-Type: application/x-www-form-urlencoded'), 400],
  ['a malformed content type', post('{}', `Content-Type: ${canary}`), 400],
  ['a content type like JSON', post('{}', `Content-Type: application/jsonp; x=${canary}`), 400],
  ['no body', request('POST /token/rejected', [credential, 'Content-Type: application/json']), 400],
  ['an empty body', post(''), 400],
  ['a NUL as body', post('\0'), 400],
  ['no JSON', post(canary), 400],
  ['JSON cut short', post(`{"access_token_sha256":"${canary}`), 400],
  ['JSON with a comma too many', post(`{"access_token_sha256":"${canary}",}`), 400],
  ['a JSON string', post(`"${canary}"`), 400],
  ['a JSON list', post(`["${canary}"]`), 400],
  ['null', post('null'), 400],
  ['a number', post('1e400'), 400],
  ['deep JSON', post(deep), 400],
  ['deep JSON in a field', post(`{"access_token_sha256":${deep.slice(200, -200)}}`), 400],
  ['`__proto__` in JSON', rejection(`"__proto__":{"access_token_sha256":"${canary}"}`), 400],
  ['`constructor` in JSON', rejection(`"constructor":"${canary}"`), 400],
  ['an unknown field', rejection(`"secret":"${canary}"`), 400],
  ['a token instead of its hash', post(`{"access_token":"${canary}"}`), 400],
  ['a hash that is none', post(`{"access_token_sha256":"${canary}"}`), 400],
  ['an object for a string', rejection(`"client":{"name":"${canary}"}`), 400],
  ['true for a string', rejection('"client":true'), 400],
  ['null for a string', rejection('"scopes":null'), 400],
  ['lists in lists', rejection(`"scopes":[["${canary}"]]`), 400],
  ['a huge number', rejection('"min_ttl":1e400'), 400],
  ['a half number', rejection('"min_ttl":0.5'), 400],
  [
    'bad UTF-8 in JSON',
    Buffer.concat([Buffer.from(post('{"":"  "}')).subarray(0, -4), Buffer.of(0xff, 0xfe, 0x22, 0x7d)]),
    400,
  ],
  ['a huge body', post(`{"access_token_sha256":"${canary.repeat(6_000)}"}`), 413],
  ['a huge body in chunks', chunked(`4000\r\n${canary.repeat(964).slice(0, 0x4000)}\r\n`.repeat(3)), 413],
  [
    'a huge body that is announced',
    request(
      'POST /token/rejected',
      [credential, 'Content-Type: application/json', 'Content-Length: 99999999999'],
      canary,
    ),
    413,
  ],
];

const forOperators: Row[] = [
  ...['/livez', '/readyz', '/metrics'].flatMap((path): Row[] => [
    [`POST ${path}`, request(`POST ${path}`, ['Content-Length: 17'], canary), 405],
    [`DELETE ${path}`, request(`DELETE ${path}?secret=${canary}`), 405],
    [`OPTIONS ${path}`, request(`OPTIONS ${path}`), 405],
    [`TRACE ${path}`, request(`TRACE ${path}`, [`X-Secret: ${canary}`]), 405],
  ]),
  ['a token', request(`GET /token?scopes=${canary}`), 404],
  ['bad JSON', request('POST /livez', ['Content-Type: application/json', 'Content-Length: 17'], canary), 405],
];

/** What both sides refuse alike. */
const forAll: Row[] = [
  ['an unknown path', request(`GET /${canary}`), 404],
  ['a path of JavaScript', request(`GET /__proto__?${canary}`), 404],
  ['an unknown path with POST', request(`POST /${canary}`), 404],
  ['a path of 8 KB', request(`GET /${canary.repeat(480)}`), 404],
  ['the whole server', request('OPTIONS *', [credential, `X-Secret: ${canary}`]), 404],
  ['a bad escape in the path', request(`GET /%zz${canary}`), 400],
  ['bad UTF-8 in the path', request(`GET /%ff${canary}`), 400],
  ['bytes beyond ASCII in the path', Buffer.from(request(`GET /\xff${canary}`), 'latin1'), 400],
  ['a NUL in the path', request(`GET /\0${canary}`), 400],
  ['a NUL in a header', request('GET /token', [credential, `X-Secret: ${canary}\0`]), 400],
  ['a space in the path', request(`GET /token ${canary}`), 400],
  ['a query of 100 KB', request(`GET /token?scopes=${canary.repeat(6_000)}`), 431],
  ['a header of 100 KB', request('GET /token', [`X-Secret: ${canary.repeat(6_000)}`]), 431],
  ['a credential of 100 KB', request('GET /token', [`Authorization: Bearer ${canary.repeat(6_000)}`]), 431],
  ['too many headers', request('GET /token', Array<string>(3_000).fill(`X: ${canary}`)), 431],
  ['no Host', `GET /livez HTTP/1.1\r\n${credential}\r\nX-Secret: ${canary}\r\n\r\n`, 400],
  ['two Hosts', request('GET /livez', ['Host: other.example', `X-Secret: ${canary}`]), 400],
  ['a folded header', request('GET /token', [credential, 'X-Secret: a', ` ${canary}`]), 400],
  ['a header without a colon', request('GET /token', [credential, canary]), 400],
  ['lines without CR', `GET /token HTTP/1.1\nHost: broker.example\nX-Secret: ${canary}\n\n`, 400],
  ['an unknown method', request(`STEAL /token?${canary}`), 400],
  ['CONNECT', `CONNECT ${canary}:443 HTTP/1.1\r\nHost: ${canary}:443\r\n\r\n`, 400],
  ['garbage', Buffer.from([0, 1, 2, 0xff, ...Buffer.from(`${canary}\r\n\r\n`)]), 400],
  ['a TLS handshake', Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]), 400],
  ['HTTP/2', `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${canary}`, 400],
  ['HTTP/9', `GET /${canary} HTTP/9.0\r\n\r\n`, 400],
  ['bad chunks', chunked(`zz${canary}\r\n\r\n`), 400],
  ['chunks of a negative size', chunked(`-1\r\n${canary}\r\n`), 400],
  [
    'a body of two lengths',
    request('POST /token/rejected', [credential, 'Content-Length: 2', 'Content-Length: 3'], canary),
    400,
  ],
  [
    'a length and chunks',
    request(
      'POST /token/rejected',
      [credential, 'Content-Length: 5', 'Transfer-Encoding: chunked'],
      `0\r\n\r\n${canary}`,
    ),
    400,
  ],
  [
    'an unknown transfer encoding',
    request('POST /token/rejected', [credential, `Transfer-Encoding: ${canary}`], canary),
    400,
  ],
  ['a negative length', request('POST /token/rejected', [credential, 'Content-Length: -1'], canary), 400],
  ['an expectation', request('GET /livez', [credential, `Expect: ${canary}`]), 417],
];

/** What a refusal is judged by. */
function seen(answer: RawAnswer | undefined) {
  const { status, headers, body } = answer ?? { headers: new Map<string, string>(), body: '' };
  return {
    status,
    type: headers.get('content-type')?.split(';')[0],
    allow: headers.has('allow'),
    told: JSON.stringify([...headers, body]).includes(canary),
    body: body === '' ? body : (JSON.parse(body) as unknown),
  };
}

/** The form of every refusal: `error` and `error_description` of the contract, and nothing of what was sent. */
function refusal(status: number, bytes: string | Buffer) {
  const error = status === 401 ? /^invalid_client$/ : /^invalid_(request|scope)$/;
  const body = {
    error: expect.stringMatching(error) as string,
    error_description: expect.stringMatching(/^[\x20-\x7E]{10,}$/) as string,
  };
  const isHead = bytes.toString().startsWith('HEAD ');
  return { status, type: 'application/json', allow: status === 405, told: false, body: isHead ? '' : body };
}

const unharmed = { token: 200, live: 200, told: false, errors: '', warnings: [] };

async function condition(): Promise<typeof unharmed> {
  const { status: token } = await broker.get('/token?scopes=api:partner', key);
  const { status: live } = await fetch(`${broker.management}/livez`);
  const warnings = broker.lines.filter(({ level }) => level !== 'info') as never[];
  return { token, live, told: broker.output.includes(canary), errors: broker.errorOutput, warnings };
}

describe("the consumers' side", () => {
  it.each([...forConsumers, ...forAll])('refuses %s', async (_, bytes, status) => {
    const answer = await exchangeRaw(broker.consumers, bytes);
    expect(seen(answer)).toEqual(refusal(status, bytes));
    expect(answer?.headers.get('cache-control')).toBe('no-store');
  });

  it('tells which method a path is for', async () => {
    const methods = async (line: string) =>
      (await exchangeRaw(broker.consumers, request(line)))?.headers.get('allow');
    expect(await methods('POST /token')).toBe('GET');
    expect(await methods('GET /token/rejected')).toBe('POST');
  });

  it('names a scope or a client only to the one who asked for it', async () => {
    for (const query of [`scopes=${canary}`, `client=${canary}&scopes=api:partner`]) {
      const { status, body } = await broker.get(`/token?${query}`, key);
      expect(status).toBe(403);
      expect(body['error_description']).toContain(canary);
    }
    expect(broker.output + (await broker.metrics())).not.toContain(canary);
  });

  it('serves what is odd and right', async () => {
    const odd = [
      request('GET http://broker.example/token?scopes=api:partner'),
      request('GET /token?scopes=api%3Apartner', [credential, 'Connection: upgrade', 'Upgrade: websocket']),
      `GET /token HTTP/1.0\r\n${credential}\r\n\r\n`,
      request('GET /token', [credential.replace('Authorization', 'aUTHORIZATION')]),
      request('GET /token', [`${credential}  `]),
      post(
        `{"access_token_sha256":"${sha256}"}`,
        'Content-Type: Application/JSON;charset=utf-8',
        'Expect: 100-continue',
      ),
    ];
    for (const bytes of odd) expect((await exchangeRaw(broker.consumers, bytes))?.status).toBe(200);
  });

  it('outlives connections that are dropped mid-request', async () => {
    const requests = [get('scopes=api:partner'), post(`{"access_token_sha256":"${sha256}"}`)];
    for (const bytes of requests) {
      for (let sent = 1; sent < bytes.length; sent += 13) {
        const socket = await openSocket(broker.consumers);
        await new Promise((written) => socket.write(bytes.slice(0, sent), written));
        socket.resetAndDestroy();
      }
    }
    expect(await condition()).toEqual(unharmed);
    const failed =
      'token_broker_requests_total{client="none",source="none",outcome="temporarily_unavailable"}';
    expect(metricValue(await broker.metrics(), failed)).toBeUndefined();
  });

  it('serves others while 500 connections send nothing, or never end', async () => {
    const sockets = await Promise.all(Array.from({ length: 500 }, () => openSocket(broker.consumers)));
    for (const [index, socket] of sockets.entries()) {
      if (index % 2 === 0) socket.write(`GET /token?scopes=${canary} HTTP/1.1\r\nHost: broker.example\r\n`);
    }
    expect(await condition()).toEqual(unharmed);
    await Promise.all(sockets.map((socket) => once(socket.destroy(), 'close')));
  });

  it('answers any query and any body with a status of the contract', async () => {
    const statuses = new Set([200, 400, 401, 403, 413, 429, 431]);
    await fc.assert(
      fc.asyncProperty(fc.oneof(anyQuery, anyBody), async (bytes) => {
        const answer = await exchangeRaw(broker.consumers, bytes);
        expect(statuses).toContain(answer?.status);
        const fields = Object.keys(JSON.parse(answer!.body) as object);
        expect(fields).toContain(answer!.status === 200 ? 'access_token' : 'error_description');
      }),
      { numRuns: 300 },
    );
    expect(await condition()).toEqual(unharmed);
  });
});

const names = ['client', 'scopes', 'scope', 'resource', 'min_ttl', 'access_token_sha256', '__proto__', ''];
const values = [
  'rabot',
  'api:partner',
  'create:orders',
  '60',
  sha256,
  'https://api.example',
  '%',
  '%00',
  '+',
];
const anyName = fc.oneof(fc.constantFrom(...names), fc.string());
const anyText = fc.oneof(fc.constantFrom(...values), fc.string({ unit: 'binary', maxLength: 40 }));

/** Some of it well-formed, some of it only as far as it gets through the request line. */
const anyQuery = fc
  .oneof(
    fc.array(fc.tuple(anyName, anyText)).map((pairs) => new URLSearchParams(pairs).toString()),
    fc.webQueryParameters(),
    fc
      .array(fc.tuple(fc.constantFrom(...names), fc.constantFrom(...values)), { maxLength: 4 })
      .map((pairs) => pairs.map((pair) => pair.join('=')).join('&')),
    fc.stringMatching(/^[!-~]{0,60}$/),
  )
  .map(get);

const anyBody = fc
  .oneof(
    fc.json(),
    fc.string({ unit: 'binary' }),
    fc
      .dictionary(anyName, fc.oneof(anyText, fc.integer(), fc.array(anyText), fc.jsonValue()))
      .map((fields) => JSON.stringify(fields)),
  )
  .map((body) => post(body));

describe("the operators' side", () => {
  it.each([...forOperators, ...forAll])('refuses %s', async (_, bytes, status) => {
    expect(seen(await exchangeRaw(broker.management, bytes))).toEqual(refusal(status, bytes));
  });

  it('asks nobody for a credential, and answers GET and HEAD', async () => {
    for (const path of ['/livez', '/readyz', '/metrics']) {
      for (const method of ['GET', 'HEAD']) {
        const answer = await exchangeRaw(broker.management, request(`${method} ${path}?${canary}=1`, []));
        expect(answer?.status).toBe(200);
        expect(answer?.body).not.toContain(canary);
      }
      const other = await exchangeRaw(broker.management, request(`PUT ${path}`, []));
      expect(other?.headers.get('allow')).toBe('GET, HEAD');
    }
  });

  it('outlives connections that are dropped or send nothing', async () => {
    const bytes = request('POST /livez', ['Content-Type: application/json', 'Content-Length: 100'], canary);
    for (let sent = 0; sent < bytes.length; sent += 13) {
      const socket = await openSocket(broker.management);
      await new Promise((written) => socket.write(bytes.slice(0, sent), written));
      socket.resetAndDestroy();
    }
    expect(await condition()).toEqual(unharmed);
  });
});
