import { beforeAll, describe, expect, it } from 'vitest';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { atEndOfAll } from '#test/at-end.js';
import { BrokerProcess, someKey, type TokenReply } from '#test/broker-process.js';
import { metricValue } from '#test/metric-value.js';
import { client, consumer, registration } from '#test/partner.js';
import { runningServer } from '#test/running.js';
import { until } from '#test/until.js';

const atEnd = atEndOfAll();
const day = 86_400_000;
const [plain, old, brief, audited, shared, team, bound] = [1, 2, 3, 4, 5, 6, 7].map(() => someKey()) as [
  Key,
  Key,
  Key,
  Key,
  Key,
  Key,
  Key,
];
type Key = ReturnType<typeof someKey>;

const api = 'https://api.example/partner';
const other = 'https://api.example/other';
let broker: BrokerProcess;
let settings: { clients: object; consumers: Record<string, object> };

beforeAll(async () => {
  const partner = { ...registration(), resources: [api, other] };
  const server = await runningServer({ clients: [partner] }, atEnd);
  const keys = [
    { hash: old.hash, createdAt: '2020-01-01', expiresAt: '2020-03-01' },
    { hash: plain.hash, createdAt: new Date(Date.now() - 100 * day).toISOString(), maxAge: '90d' },
  ];
  const [first, second] = ['api:partner', 'create:orders'].map((scope) => [scope]);
  const clients = {
    rabot: client(server, { resources: [api, other] }),
    second: client(server, { scopes: ['api:partner', 'role:finance-reporting'] }),
  };
  settings = {
    clients,
    consumers: {
      orders: { keys, allow: [{ client: 'rabot', scopes: first }] },
      audited: {
        mode: 'audit',
        keys: [{ hash: audited.hash }],
        allow: [{ client: 'rabot', scopes: second }],
      },
      shared: {
        keys: [shared.hash],
        allow: [{ policy: 'readers' }, { client: 'rabot', scopes: ['role:customer-support'] }],
      },
      bound: {
        keys: [bound.hash],
        allow: [
          { client: 'rabot', scopes: second, resources: [api] },
          { client: 'rabot', scopes: ['role:finance-reporting'], resources: [other] },
        ],
      },
    },
  };
  broker = await BrokerProcess.start(
    {
      ...settings,
      policies: {
        readers: [
          { client: 'rabot', scopes: ['api:partner'] },
          { client: 'second', scopes: ['role:finance-reporting'] },
        ],
      },
    },
    { atEnd },
  );
});

async function auditOf({ headers }: TokenReply): Promise<Record<string, unknown>> {
  const requestId = headers.get('x-request-id');
  return broker.logged((line) => line['requestId'] === requestId);
}

describe('keys[].expiresAt', () => {
  it('refuses an expired key, in its own words in the audit, which names the consumer', async () => {
    const reply = await broker.get('/token', old.key);
    expect([reply.status, reply.body['error']]).toEqual([401, 'invalid_client']);
    expect(await auditOf(reply)).toMatchObject({
      audit: 'invalid_client',
      consumer: 'orders',
      credential: 'keys[0]',
      key: old.hash.slice(7, 19),
      reason: 'the API key has expired at 2020-03-01T00:00:00.000Z',
    });
    const stranger = await broker.get('/token', someKey().key);
    expect(stranger.body).toEqual(reply.body);
  });

  it('ends a key that was served until then, cached or not', async () => {
    const rules = (key: object) => ({
      clients: settings.clients,
      consumers: { brief: { keys: [key], allow: [{ client: 'rabot', scopes: ['api:partner'] }] } },
    });
    const own = await BrokerProcess.start(rules({ hash: brief.hash }), { atEnd });
    expect((await own.get('/token', brief.key)).status).toBe(200);
    const expiresAt = Date.now() + 3_000;
    own.rewrite(rules({ hash: brief.hash, expiresAt: new Date(expiresAt).toISOString() }));
    const statuses: number[] = [];
    const isRefused = async () => {
      statuses.push((await own.get('/token', brief.key)).status);
      return statuses.at(-1) === 401;
    };
    await until(isRefused, 'the key has expired');
    expect(Date.now()).toBeGreaterThanOrEqual(expiresAt);
    expect(new Set([200, ...statuses.slice(0, -1)])).toEqual(new Set([200]));
  });

  it('is in the metrics and in the API of operators, as is the maximum age, which only warns', async () => {
    expect((await broker.get('/token', plain.key)).status).toBe(200);
    const text = await broker.metrics();
    const series = (name: string, { hash }: Key) =>
      metricValue(
        text,
        `token_broker_consumer_key_${name}_timestamp_seconds{consumer="orders",credential="${hash.slice(7, 19)}"}`,
      );
    expect(series('expires', old)).toBe(Date.parse('2020-03-01') / 1000);
    expect(Math.abs(series('replace_by', plain)! - (Date.now() - 10 * day) / 1000)).toBeLessThan(120);
    expect(series('expires', plain)).toBeUndefined();
    const answer = (await (await fetch(`${broker.management}/api/consumers`)).json()) as {
      consumers: { name: string; mode?: string; credentials: object[] }[];
    };
    expect(answer.consumers.find(({ name }) => name === 'orders')?.credentials).toEqual([
      expect.objectContaining({ place: 'keys[0]', expiresAt: '2020-03-01T00:00:00.000Z' }),
      expect.objectContaining({ place: 'keys[1]', replaceBy: expect.stringMatching(/^\d{4}-/) }),
    ]);
    expect(answer.consumers.find(({ name }) => name === 'audited')?.mode).toBe('audit');
    const warned = broker.lines.flatMap(({ warning }) => (warning === undefined ? [] : [String(warning)]));
    expect(warned).toEqual(
      expect.arrayContaining([
        expect.stringContaining('consumers.orders.keys[0].expiresAt: is in the past'),
        expect.stringContaining('consumers.orders.keys[1]: is 100 days old'),
        expect.stringContaining('consumers.audited.mode: is audit'),
      ]),
    );
  });
});

describe('mode: audit', () => {
  it('grants what allow refuses, warns and counts it', async () => {
    const scopes = 'role:finance-reporting';
    for (const path of [`/token?client=rabot&scopes=${scopes}`, `/token?client=second&scopes=${scopes}`]) {
      const reply = await broker.get(path, audited.key);
      expect([reply.status, reply.body['scope']]).toEqual([200, `api:partner ${scopes}`]);
      expect(await auditOf(reply)).toMatchObject({
        level: 'warn',
        audit: 'would_be_denied',
        consumer: 'audited',
        scopes: `api:partner ${scopes}`,
        reason: expect.stringContaining('audited may not have'),
      });
    }
    const repeated = await broker.get(`/token?client=rabot&scopes=${scopes}`, audited.key);
    expect(await auditOf(repeated)).toMatchObject({ audit: 'would_be_denied', source: 'memory' });
    const allowed = await broker.get('/token?client=rabot&scopes=create:orders', audited.key);
    expect(await auditOf(allowed)).toMatchObject({ level: 'info', audit: 'served', rule: 'allow[0]' });
    const text = await broker.metrics();
    const count = (outcome: string) =>
      metricValue(text, `token_broker_consumer_requests_total{consumer="audited",outcome="${outcome}"}`);
    expect([count('would_be_denied'), count('served')]).toEqual([3, 1]);
  });

  it.each([
    ['a scope that the client does not have', '/token?client=rabot&scopes=delete:all'],
    ['an unknown client', '/token?client=unknown&scopes=api:partner'],
    ['a resource that the client does not have', '/token?client=rabot&resource=https://evil.example'],
  ])('still refuses %s', async (_, path) => {
    const reply = await broker.get(path, audited.key);
    expect([reply.status, reply.body['error']]).toEqual([403, 'access_denied']);
  });

  it('still refuses a wrong key', async () => {
    expect((await broker.get('/token?client=rabot', `${audited.key}x`)).status).toBe(401);
  });

  it('grants nothing to other consumers', async () => {
    const reply = await broker.get('/token?client=rabot&scopes=role:finance-reporting', plain.key);
    expect(reply.status).toBe(403);
  });
});

describe('policies', () => {
  it('give what they have to each consumer that names them, and the audit names the entry', async () => {
    const rule = async (query: string) => {
      const reply = await broker.get(`/token?${query}`, shared.key);
      return [reply.status, (await auditOf(reply))['rule']];
    };
    expect(await rule('client=second&scopes=role:finance-reporting')).toEqual([200, 'policies.readers[1]']);
    expect(await rule('client=rabot&scopes=role:customer-support')).toEqual([200, 'allow[1]']);
    expect(await rule('client=rabot')).toEqual([200, 'allow[1]']);
    expect(await rule('client=rabot&scopes=create:orders')).toEqual([403, undefined]);
  });

  it('are for files of teams, too, which are refused alone when they name an unknown one', async () => {
    const write = (name: string, entries: object) =>
      writeFileSync(join(broker.folder, 'consumers.d', name), stringify(entries));
    mkdirSync(join(broker.folder, 'consumers.d'));
    write('team.yaml', { team: { keys: [team.hash], allow: [{ policy: 'readers' }] } });
    write('wrong.yaml', { wrong: { ...consumer(someKey()), allow: [{ policy: 'reader' }] } });
    const isServed = async () => (await broker.get('/token?client=second', team.key)).status === 200;
    await until(isServed, 'the file is in force');
    const line = await broker.logged(({ faults }) => Array.isArray(faults));
    expect(line['faults']).toEqual([
      expect.stringMatching(
        /wrong\.yaml:\d+:\d+: consumers\.wrong\.allow\[0\]\.policy: must be a name in `policies`/,
      ),
    ]);
  });
});

describe('allow[].resources', () => {
  it.each([
    ['the resource of its scopes', `scopes=create:orders&resource=${api}`, 200],
    ['no resource, which means that of its scopes', 'scopes=create:orders', 200],
    ['scopes for the resource of others', `scopes=create:orders&resource=${other}`, 403],
    ['scopes of two entries together', 'scopes=create:orders role:finance-reporting', 403],
    [
      'two resources that no entry has together',
      `scopes=create:orders&resource=${api}&resource=${other}`,
      403,
    ],
    ['a resource of the client that no entry has', 'resource=https://evil.example', 403],
  ])('decides over %s', async (_, query, status) => {
    const reply = await broker.get(`/token?client=rabot&${query.replaceAll(' ', '+')}`, bound.key);
    expect([reply.status, reply.body['error']]).toEqual([
      status,
      status === 403 ? 'access_denied' : undefined,
    ]);
  });

  it('makes one request of a resource that is named and of one that is meant', async () => {
    const token = async (query: string) => {
      const { body } = await broker.get(`/token?client=rabot&scopes=create:orders${query}`, bound.key);
      return body['access_token'];
    };
    expect(await token('')).toEqual(expect.any(String));
    expect(await token('')).toBe(await token(`&resource=${api}`));
    expect(await token(`&resource=${api}&resource=${api}`)).toBe(await token(''));
  });
});
