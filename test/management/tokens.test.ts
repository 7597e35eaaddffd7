import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DevAuthorizationServer } from '../../apps/dev-authorization-server/src/dev-authorization-server.js';
import { MovedTime } from '../http/moved-time.js';
import { OwnBroker } from '../http/own-broker.js';
import { leaksIn } from '../http/secret-forms.js';
import { exchangeRaw } from '../http/raw-socket.js';
import { someKey } from '#test/broker-process.js';
import { client, clientSecret, consumer, registration } from '#test/partner.js';
import { OperatorsApi, type Row } from './operators-api.js';

const key = someKey();
const payer = someKey();
const detail = { type: 'payment', actions: ['list'] };
const resources = ['https://api.example'];
const scopes = ['api:partner', 'create:orders', 'role:finance-reporting', 'role:customer-support'];
const narrow = { client: 'rabot', scopes: ['api:partner'] };
const secrets = new Map([
  ['client secret', clientSecret],
  ['API key', key.key],
]);

let server: DevAuthorizationServer;
let broker: OwnBroker;
let time: MovedTime;
let api: OperatorsApi;

beforeAll(async () => {
  time = new MovedTime();
  server = await DevAuthorizationServer.start({
    clients: [{ ...registration(), resources }, registration('hems'), registration('wrong', ['another'])],
  });
  broker = await OwnBroker.start({
    clients: {
      rabot: client(server, { requiredScopes: [], resources, maxTokenRequestsPerMinute: 600 }),
      hems: client(server, { clientId: 'hems', requiredScopes: [] }),
      wrong: client(server, { clientId: 'wrong' }),
    },
    consumers: {
      'order-service': consumer(key, scopes, ['rabot', 'hems', 'wrong']),
      'payment-service': {
        keys: [payer.hash],
        allow: [{ client: 'hems', scopes: ['api:partner'], authorizationDetails: [detail] }],
      },
    },
  });
  api = new OperatorsApi(broker);
});

/** Each test finds no token and no cool-down: those of the one before are over, and so old that nobody renews them. */
beforeEach(async () => {
  time.forward(3 * 3_600_000);
  server.reset();
  // A client that is refused again is refused for longer: this one is accepted in between.
  server.replaceSecrets('wrong', [clientSecret]);
  await token('client=wrong');
  server.replaceSecrets('wrong', ['another']);
  time.forward(3 * 3_600_000);
  server.reset();
});

/** No test may bring a token or a secret to light, whatever it asks. */
afterEach(() => {
  expect(leaksIn(api.heard.splice(0).join('\n'), secrets)).toEqual([]);
  expect(leaksIn(JSON.stringify(broker.lines), secrets)).toEqual([]);
});

afterAll(async () => {
  await broker?.stop();
  await server?.stop();
  time.restore();
});

async function token(query: string): Promise<string> {
  const { status, body } = await broker.get(`/token?${query}`, key.key);
  expect({ status, body }).toMatchObject({ status: 200 });
  const accessToken = String(body['access_token']);
  secrets.set(`token ${secrets.size}`, accessToken);
  return accessToken;
}

/** Of the tests before, the schedule may still know some whose tokens have lapsed: they go with its next tick. */
const withToken = (rows: Row[]) => rows.filter(({ fingerprint }) => fingerprint !== undefined);

const fingerprintOf = (accessToken: string) =>
  createHash('sha256').update(accessToken).digest('hex').slice(0, 12);
const millisecondsTo = (instant: unknown, now: string) => Date.parse(String(instant)) - Date.parse(now);

describe('authorization details', () => {
  it('are listed beside the resources, and name the token that is to be renewed', async () => {
    const query = `scopes=api:partner&authorization_details=${encodeURIComponent(JSON.stringify([detail]))}`;
    const { status, body } = await broker.get(`/token?${query}`, payer.key);
    expect(status).toBe(200);
    secrets.set(`token ${secrets.size}`, String(body['access_token']));
    const [row] = withToken((await api.tokens()).tokens) as [Row];
    expect(row).toMatchObject({ client: 'hems', resources: [], authorizationDetails: [detail] });
    time.forward(60_000);
    const wanted = { client: 'hems', scopes: ['api:partner'], authorizationDetails: [detail] };
    const renewed = await api.renew(wanted);
    secrets.set(`token ${secrets.size}`, 'not-served-here');
    expect(renewed).toMatchObject({ status: 200 });
    const other = { ...wanted, authorizationDetails: [{ type: 'other' }] };
    expect(await api.renew(other)).toMatchObject({ status: 400 });
  });
});

describe('GET /api/tokens', () => {
  it('tells of each token what an operator needs, and never the token', async () => {
    const accessToken = await token(
      'client=rabot&scopes=create:orders+api:partner&resource=https://api.example',
    );
    time.forward(100_000);
    const { now, tokens, next } = await api.tokens();

    expect(withToken(tokens)).toEqual([
      {
        id: expect.stringMatching(/^[\w-]{12}$/),
        client: 'rabot',
        scopes: ['api:partner', 'create:orders'],
        resources,
        fingerprint: fingerprintOf(accessToken),
        tier: 'memory',
        issuedAt: expect.any(String),
        renewAt: expect.any(String),
        expiresAt: expect.any(String),
        ageSeconds: expect.any(Number),
        secondsLeft: expect.any(Number),
        dueAt: expect.any(String),
      },
    ]);
    expect(next).toBeUndefined();
    const [row] = withToken(tokens) as [Row];
    expect(row['ageSeconds']).toBeGreaterThanOrEqual(100);
    expect(Number(row['ageSeconds']) + Number(row['secondsLeft'])).toBeGreaterThan(3_590);
    expect(millisecondsTo(row['issuedAt'], now)).toBeLessThanOrEqual(-100_000);
    expect(millisecondsTo(row['expiresAt'], now)).toBeGreaterThan(3_400_000);
    expect(millisecondsTo(row['renewAt'], now)).toBeLessThan(millisecondsTo(row['expiresAt'], now));
    expect(row['dueAt']).toBe(row['renewAt']);
  });

  it('tells how the broker itself is', async () => {
    await token('client=rabot');
    const { replica, store, settings, replicas, clients, now } = await api.tokens();
    expect(store).toEqual({ kind: 'memory', state: 'up' });
    expect(settings).toEqual({ state: 'in force', since: expect.any(String) });
    expect(replicas).toEqual([{ name: replica, lastSeen: expect.any(String) }]);
    expect(Math.abs(millisecondsTo(replicas[0]?.lastSeen, now))).toBeLessThan(5_000);
    expect(clients.map(({ name }) => name)).toEqual(['hems', 'rabot', 'wrong']);
    expect(clients[1]).toEqual({
      name: 'rabot',
      state: 'fine',
      credential: 1,
      budget: { perMinute: 600, used: 1 },
    });
  });

  it('sorts by client, then scopes, shows those of one client, and pages', async () => {
    const sets = [
      'api:partner+role:customer-support',
      'api:partner',
      'create:orders+api:partner',
      'api:partner+role:finance-reporting',
    ];
    for (const name of ['rabot', 'hems']) {
      for (const set of sets) await token(`client=${name}&scopes=${set}`);
    }
    const named = (rows: Row[]) =>
      withToken(rows).map(({ client: name, scopes: set }) => `${name} ${set.join(' ')}`);
    const all = named((await api.tokens()).tokens);
    expect(all).toHaveLength(8);
    expect(all).toEqual(all.toSorted());

    const one = await api.tokens('?client=hems');
    expect(named(one.tokens)).toEqual(all.slice(0, 4));

    const paged: string[] = [];
    let next: string | undefined = '';
    for (let pages = 0; next !== undefined && pages < 20; pages++) {
      const page = await api.tokens(`?limit=3${next && `&after=${next}`}`);
      expect(page.tokens.length).toBeLessThanOrEqual(3);
      paged.push(...named(page.tokens));
      next = page.next;
    }
    expect(paged).toEqual(all);
  });

  it.each([
    'limit=0',
    'limit=1001',
    'limit=x',
    'limit=1&limit=2',
    'page=2',
    'after=x',
    'after=%ff',
    'client=a&client=b',
  ])('refuses ?%s', async (query) => {
    const { status, body } = await api.send(`/api/tokens?${query}`, {});
    expect({ status, error: body['error'] }).toEqual({ status: 400, error: 'invalid_request' });
  });

  it('tells why a client gets no token, until when, and `/readyz` in the same words', async () => {
    server.misbehave({ client: 'whitelabel', answer: { status: 503 } });
    expect((await broker.get('/token?client=rabot', key.key)).status).toBe(503);
    expect((await broker.get('/token?client=wrong', key.key)).status).toBe(502);
    const { clients, now } = await api.tokens();
    const [hems, rabot, wrong] = clients as [object, Record<string, unknown>, Record<string, unknown>];

    expect(hems).toMatchObject({ state: 'fine' });
    expect(rabot).toMatchObject({ state: 'cooling down', reason: expect.stringContaining('503') });
    expect(wrong).toMatchObject({ state: 'refused', upstreamError: 'invalid_client' });
    expect(millisecondsTo(wrong['until'], now)).toBeGreaterThan(20_000);
    expect(millisecondsTo(wrong['until'], now)).toBeLessThanOrEqual(30_000);
    const { body } = await api.send('/readyz', {});
    expect(body['parts']).toMatchObject({
      clients: { hems: 'fine', rabot: 'cooling down', wrong: 'refused' },
    });
  });

  it('tells that a client is refused after its cool-down too, until its credential is taken', async () => {
    const stateOfWrong = async () => (await api.tokens()).clients[2];
    await broker.get('/token?client=wrong', key.key);
    time.forward(60_000);
    expect(await stateOfWrong()).toMatchObject({ state: 'refused' });
    expect(await stateOfWrong()).not.toHaveProperty('until');
    server.replaceSecrets('wrong', [clientSecret]);
    await token('client=wrong');
    expect(await stateOfWrong()).toMatchObject({ state: 'fine', credential: 1 });
  });

  it('tells the last failure of a token, until it is renewed', async () => {
    await token('client=rabot&scopes=api:partner');
    time.forward(20_000);
    server.misbehave({ answer: { status: 500 } });
    await api.renew(narrow);
    const [failing] = withToken((await api.tokens('?client=rabot')).tokens);
    expect(failing).toMatchObject({
      lastFailure: { at: expect.any(String), reason: 'unavailable', message: expect.stringContaining('500') },
    });
    server.reset();
    time.forward(60_000);
    expect((await api.renew(narrow)).status).toBe(200);
    const [mended] = withToken((await api.tokens('?client=rabot')).tokens);
    expect(mended).not.toHaveProperty('lastFailure');
  });

  it('names the replica that renews a token right now', async () => {
    await token('client=rabot&scopes=api:partner');
    time.forward(20_000);
    server.hold();
    const renewing = api.renew(narrow);
    await server.waitForRequests(2);
    const { replica, tokens } = await api.tokens('?client=rabot');
    server.release();
    expect(withToken(tokens)).toMatchObject([{ holder: replica }]);
    expect((await renewing).body).not.toHaveProperty('holder');
  });
});

describe('POST /api/tokens/renew', () => {
  it('answers with the row of a new token', async () => {
    const before = await token('client=rabot&scopes=api:partner');
    time.forward(20_000);
    const { status, headers, body } = await api.renew({ ...narrow, resources: [] });

    expect({ status, body }).toMatchObject({ status: 200, body: { ...narrow, tier: 'memory' } });
    expect(headers.get('cache-control')).toBe('no-store');
    const after = await token('client=rabot&scopes=api:partner');
    expect(body['fingerprint']).toBe(fingerprintOf(after));
    expect(after).not.toBe(before);
    expect(server.counts.total).toBe(2);
  });

  it('gets a token where there is none', async () => {
    const { status, body } = await api.renew(narrow);
    expect({ status, body }).toMatchObject({ status: 200, body: { fingerprint: expect.any(String) } });
  });

  it('does not renew a token younger than 10 s', async () => {
    await token('client=rabot&scopes=api:partner');
    const soon = await api.renew(narrow);
    expect(soon).toMatchObject({ status: 429, body: { error: 'slow_down' } });
    const wait = Number(soon.headers.get('retry-after'));
    expect(wait).toBeGreaterThanOrEqual(1);
    expect(wait).toBeLessThanOrEqual(10);
    expect(server.counts.total).toBe(1);
    time.forward(10_000);
    expect((await api.renew(narrow)).status).toBe(200);
  });

  it('asks upstream once for many operators', async () => {
    await token('client=rabot&scopes=api:partner');
    time.forward(20_000);
    server.hold();
    const replies = Promise.all(Array.from({ length: 20 }, () => api.renew(narrow)));
    await server.waitForRequests(2);
    server.release();
    const statuses = (await replies).map(({ status }) => status);
    expect(statuses).toContain(200);
    // Who comes when it is done finds a token that is too young.
    expect(statuses.filter((status) => status !== 200 && status !== 429)).toEqual([]);
    expect(server.counts.total).toBe(2);
  });

  it.each([
    [{ client: 'nobody', scopes: ['api:partner'] }, 'invalid_request'],
    [{ client: 'rabot', scopes: ['api:partner', 'delete:orders'] }, 'invalid_request'],
    [{ client: 'rabot', scopes: ['api:partner'], resources: ['https://other.example'] }, 'invalid_request'],
    [{ client: 'rabot' }, 'invalid_request'],
    [{ scopes: ['api:partner'] }, 'invalid_request'],
    [{ client: 'rabot', scopes: 'api:partner' }, 'invalid_request'],
    [{ client: ['rabot'], scopes: ['api:partner'] }, 'invalid_request'],
    [{ client: 'rabot', scopes: [1] }, 'invalid_request'],
    [{ client: 'rabot', scopes: ['api:partner'], resources: 'https://api.example' }, 'invalid_request'],
    [{ client: 'rabot', scopes: ['api:partner'], force: true }, 'invalid_request'],
    [{ client: 'rabot', scopes: ['two words'] }, 'invalid_scope'],
    [[], 'invalid_request'],
    [null, 'invalid_request'],
    ['{', 'invalid_request'],
    ['', 'invalid_request'],
  ])('refuses %j', async (order, error) => {
    const { status, body } = await api.renew(order);
    expect({ status, error: body['error'] }).toEqual({ status: 400, error });
    expect(server.counts.total).toBe(0);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', 'application/jsonp'])(
    'refuses a body of %s',
    async (type) => {
      expect(await api.renew(narrow, { 'content-type': type })).toMatchObject({
        status: 400,
        body: { error: 'invalid_request' },
      });
    },
  );

  it.each([
    [{ 'sec-fetch-site': 'cross-site' }],
    [{ 'sec-fetch-site': 'same-site' }],
    [{ 'sec-fetch-site': 'same-origin, cross-site' }],
    [{ origin: 'https://evil.example' }],
    [{ origin: 'null' }],
    [{ origin: 'http://127.0.0.1' }],
    [{ origin: 'not an origin' }],
    [{ 'sec-fetch-site': 'same-origin', origin: 'https://evil.example' }],
  ])('refuses what a page of another site sends: %j', async (headers) => {
    const answer = await renewRaw(headers);
    expect(answer?.status).toBe(403);
    expect(JSON.parse(String(answer?.body))).toMatchObject({ error: 'access_denied' });
    expect(server.counts.total).toBe(0);
  });

  it.each(['same-origin', 'none'])('takes what its own page sends, Sec-Fetch-Site being %s', async (site) => {
    const answer = await renewRaw({ 'sec-fetch-site': site, origin: broker.management });
    expect(answer?.status).toBe(200);
  });

  it('passes on how the authorization server failed, by the one table', async () => {
    await token('client=rabot&scopes=api:partner');
    time.forward(400_000);
    server.misbehave({ client: 'whitelabel', answer: { status: 503, headers: { 'retry-after': '7' } } });
    const down = await api.renew(narrow);
    expect(down).toMatchObject({ status: 503, body: { error: 'temporarily_unavailable' } });
    expect(Number(down.headers.get('retry-after'))).toBeGreaterThanOrEqual(7);
    const refused = await api.renew({ client: 'wrong', scopes: ['api:partner'] });
    expect(refused).toMatchObject({
      status: 502,
      body: { error: 'upstream_rejected', upstream_error: 'invalid_client' },
    });
    expect(await token('client=rabot&scopes=api:partner')).toEqual(expect.any(String));
  });

  it('is told in the audit, with whom and what for', async () => {
    const renewed = await api.renew(narrow);
    expect((await api.renew(narrow)).status).toBe(429);
    // Lines of the log are written together, a moment after what they tell.
    const lines = () => broker.lines.filter(({ by }) => by === 'operator').slice(-2);
    const common = {
      client: 'rabot',
      scopes: 'api:partner',
      address: '127.0.0.1',
      requestId: expect.any(String),
    };
    await expect.poll(lines).toMatchObject([
      { ...common, audit: 'renewed', token: renewed.body['fingerprint'] },
      { ...common, audit: 'slow_down' },
    ]);
  });
});

describe('DNS rebinding', () => {
  it.each([
    'GET /api/tokens',
    'GET /',
    'GET /metrics',
    'GET /docs',
    'POST /api/tokens/renew',
    'GET /no-such-path',
    'DELETE /api/tokens',
    'GET /token',
  ])('reaches nothing: %s by a name of public DNS is answered 421', async (line) => {
    const head = `${line} HTTP/1.1\r\nhost: attacker.example:9090\r\ncontent-type: application/json\r\n`;
    const body = line.startsWith('POST') ? JSON.stringify(narrow) : '';
    const answer = await exchangeRaw(
      broker.management,
      `${head}content-length: ${body.length}\r\n\r\n${body}`,
    );
    expect(answer?.status).toBe(421);
    expect(JSON.parse(String(answer?.body))).toMatchObject({ error: 'invalid_request' });
    expect(server.counts.total).toBe(0);
  });
});

describe('a failed "Renew now"', () => {
  it('leaves the row of a healthy token to its own renewal, and names one next attempt', async () => {
    await token('client=rabot&scopes=api:partner');
    time.forward(400_000);
    server.misbehave({ client: 'whitelabel', answer: { status: 503 } });
    expect((await api.renew(narrow)).status).toBe(503);
    const { tokens, clients } = await api.tokens('?client=rabot');
    const [row] = withToken(tokens) as [Row];
    const until = clients.find(({ name }) => name === 'rabot')?.['until'];
    expect(Date.parse(String(row['dueAt']))).toBeGreaterThanOrEqual(Date.parse(String(until)));
    expect(row['dueAt']).toBe(row['renewAt']);
  });
});

describe('the operators API', () => {
  it('speaks JSON that nobody keeps', async () => {
    const { headers } = await api.send('/api/tokens', {});
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('content-type')).toMatch(/^application\/json\b/);
  });

  it('answers 405 to other methods', async () => {
    expect((await api.send('/api/tokens', { method: 'POST' })).status).toBe(405);
    expect((await api.send('/api/tokens/renew', {})).status).toBe(405);
  });
});

/** As a browser would: fetch lets nobody set these headers. */
function renewRaw(headers: Record<string, string>) {
  const body = JSON.stringify(narrow);
  const lines = Object.entries({
    host: new URL(broker.management).host,
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return exchangeRaw(broker.management, `POST /api/tokens/renew HTTP/1.1\r\n${lines.join('')}\r\n${body}`);
}
