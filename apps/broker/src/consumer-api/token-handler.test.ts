import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { BlockList } from 'node:net';
import { Registry } from 'prom-client';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { newApiKey } from '#consumers/api-key.js';
import { Consumer } from '#consumers/consumer.js';
import { ConsumerDirectory } from '#consumers/consumer-directory.js';
import { Entitlement } from '#consumers/entitlement.js';
import { RateLimit } from '#consumers/rate-limit.js';
import { RequestMetrics } from '#metrics/request-metrics.js';
import { ScopeSet } from '#tokens/model/scope-set.js';
import type { ServedToken } from '#tokens/ports/token-store.js';
import type { WorkloadVerifier } from '#workloads/workload-verifier.js';
import { exchangeRaw, openSocket, type RawAnswer } from '../../../../test/http/raw-socket.js';
import { FakeClock } from '#test/fake-clock.js';
import { metricValue } from '#test/metric-value.js';
import { someAuditLog } from '#test/some-audit-log.js';
import { someToken } from '#test/some-token.js';
import { someClient } from '#test/the.js';
import { until } from '#test/until.js';
import { KnownConsumers } from '../core/known-consumers.js';
import { createLog } from '../core/log.js';
import type { OpenApiDocument } from '../core/openapi-document.js';
import type { SettingsSnapshot } from '../core/settings-snapshot.js';
import { Audit } from './audit.js';
import { ConsumerServer } from './server.js';

const { key, hash } = newApiKey();
const url = '/token?scopes=api:partner';
const perSecond = 20;
const form = ['Content-Type: application/x-www-form-urlencoded', 'Content-Length: 0'];
const served = 'token_broker_requests_total{client="rabot",source="memory",outcome="served"}';

let clock: FakeClock;
let lines: Record<string, unknown>[];
let registry: Registry;
/** What is in memory. */
let cached: ServedToken | undefined;
/** Ends the wait for a token that is not in memory. */
let renewed: PromiseWithResolvers<void>;
/** How often a token was looked for beyond memory. */
let waits: number;
let output: { write(line: string): void };
let server: ConsumerServer;

beforeEach(async () => {
  [clock, lines, registry, waits] = [new FakeClock(), [], new Registry(), 0];
  renewed = Promise.withResolvers();
  cached = { token: someToken(clock.now()), source: 'memory' };
  const entitlement = new Entitlement(someClient(), { scopes: ScopeSet.parse('api:partner') });
  const consumer = new Consumer('order-service', [entitlement], new RateLimit(perSecond));
  const directory = new ConsumerDirectory([{ consumer, keys: [{ hash }] }]);
  const consumers = new KnownConsumers(directory, {} as WorkloadVerifier, clock);
  output = { write: (line: string) => void lines.push(JSON.parse(line)) };
  const log = createLog({ write: (line) => output.write(line) });
  const metrics = new RequestMetrics(registry);
  const settings = {
    active: {
      settings: {},
      consumers,
      trustedProxies: new BlockList(),
      isKnownScope: () => true,
    } as unknown as SettingsSnapshot,
  };
  const audit = new Audit({
    log: someAuditLog({ write: (line) => output.write(line) }),
    metrics,
    clock,
    settings,
  });
  const minted = async () => {
    waits++;
    await renewed.promise;
    return { token: someToken(clock.now()), source: 'upstream' as const };
  };
  const broker = { cached: () => cached, tokenFor: minted, renew: minted };
  server = new ConsumerServer({
    settings,
    broker,
    api: { current: {} as OpenApiDocument },
    publishedKeys: { jwks: async () => ({ keys: [] }), cacheTime: 0 },
    audit,
    clock,
    log,
  });
  await server.listen({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => server.close());
});

function request(line = `GET ${url} HTTP/1.1`, ...headers: string[]): string {
  const head = [line, 'Host: broker.example', `Authorization: Bearer ${key.reveal()}`, ...headers];
  return `${head.join('\r\n')}\r\n\r\n`;
}

async function ask(line?: string, ...headers: string[]): Promise<RawAnswer> {
  return (await exchangeRaw(server.url, request(line, ...headers)))!;
}

/** Without what differs each time. */
function comparable({ status, headers, body }: RawAnswer): object {
  return { status, headers: [...headers].filter(([name]) => !['date', 'x-request-id'].includes(name)), body };
}

describe('a repeated request', () => {
  it.each([
    ['GET', '/token', url],
    ['GET', '/forward-auth', '/forward-auth?scopes=api:partner'],
    ['PROPFIND', '/forward-auth/…', '/forward-auth/rabot/api:partner/orders/%zz'],
  ])('is answered, audited and counted like the first one: %s %s', async (method, _, path) => {
    const trace = 'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const [first, second] = [
      await ask(`${method} ${path} HTTP/1.1`, trace),
      await ask(`${method} ${path} HTTP/1.1`, trace),
    ];

    expect(first.status).toBe(200);
    expect(comparable(second)).toEqual(comparable(first));
    const ids = [first, second].map(({ headers }) => headers.get('x-request-id'));
    expect(new Set(ids).size).toBe(2);
    expect(lines.map(({ requestId }) => requestId)).toEqual(ids);
    const [line, again] = lines;
    expect(line).toMatchObject({ audit: 'served', consumer: 'order-service', traceId: expect.any(String) });
    expect({ ...again, requestId: ids[0], time: line!['time'] }).toEqual(line);
    expect(metricValue(await registry.metrics(), served)).toBe(2);
    expect(waits).toBe(0);
  });

  it.each<[string, number, string, string[]]>([
    ['another method', 405, `POST ${url} HTTP/1.1`, ['Content-Length: 0']],
    ['another URL', 403, 'GET /token?scopes=create:orders HTTP/1.1', []],
    ['a second host', 400, `GET ${url} HTTP/1.1`, ['Host: other.example']],
    ['a second credential', 401, `GET ${url} HTTP/1.1`, ['Authorization: Bearer other']],
    ['the credential where another one belongs', 401, 'POST /oauth2/token HTTP/1.1', form],
  ])('is another one with %s', async (_, status, line, headers) => {
    await ask();
    expect((await ask(line, ...headers)).status).toBe(status);
  });

  it('counts for the limit of its consumer, and is refused beyond it', async () => {
    for (let n = 0; n < perSecond; n++) expect((await ask()).status).toBe(200);
    expect(await ask()).toMatchObject({ status: 429, body: expect.stringContaining('slow_down') });
    expect(lines.at(-1)).toMatchObject({ audit: 'slow_down' });
  });
});

describe('a request whose token is not in memory', () => {
  beforeEach(() => {
    cached = undefined;
  });

  it('waits for it', async () => {
    renewed.resolve();
    expect((await ask()).status).toBe(200);
    expect(lines).toMatchObject([{ audit: 'served', source: 'upstream' }]);
  });

  it('is not audited as served once its client has disconnected', async () => {
    const begun = new Promise<ServerResponse>((noted) => {
      const note = (event: unknown) => noted((event as { response: ServerResponse }).response);
      subscribe('http.server.request.start', note);
      onTestFinished(() => void unsubscribe('http.server.request.start', note));
    });
    const socket = await openSocket(server.url);
    socket.write(request());
    const response = await begun;
    await until(async () => waits === 1, 'it waits for its token');
    socket.destroy();
    if (!response.destroyed) await once(response, 'close');
    renewed.resolve();
    await ask('GET /nowhere HTTP/1.1');
    expect(lines.map(({ audit }) => audit)).toEqual(['invalid_request']);
    expect(await registry.metrics()).not.toContain('outcome="served"');
  });
});

describe('a request that fails after its response', () => {
  it('has that one response, and is counted once', async () => {
    const [write] = [output.write];
    output.write = (line) => {
      if (line.includes('"audit":"served"')) throw new Error('broken');
      write(line);
    };
    const { status, body } = await ask();
    expect([status, body]).toEqual([200, expect.stringMatching(/^\{[^}]*\}$/)]);
    expect(lines).toMatchObject([{ level: 'error', err: { message: 'broken' } }]);
    expect(metricValue(await registry.metrics(), served)).toBe(1);
    expect(await registry.metrics()).not.toContain('temporarily_unavailable');
  });
});
