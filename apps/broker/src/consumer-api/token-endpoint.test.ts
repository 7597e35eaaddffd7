import type { IncomingMessage, ServerResponse } from 'node:http';
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
import { exchangeRaw, type RawAnswer } from '../../../../test/http/raw-socket.js';
import { FakeClock } from '#test/fake-clock.js';
import { someToken } from '#test/some-token.js';
import { someClient } from '#test/the.js';
import { createLog } from '../core/log.js';
import { Audit } from './audit.js';
import { KnownConsumers } from '../core/known-consumers.js';
import { ConsumersServer } from './consumers-server.js';
import { TokenEndpoint } from './token-endpoint.js';

const { key, hash } = newApiKey();
const address = '/token?scopes=api:partner';
const perSecond = 20;

/** Tells whether each request was answered before it was routed. */
class WatchedEndpoint extends TokenEndpoint {
  readonly atHand: boolean[] = [];

  override answerAtHand(request: IncomingMessage, response: ServerResponse, id: () => string): boolean {
    const answered = super.answerAtHand(request, response, id);
    this.atHand.push(answered);
    return answered;
  }
}

let clock: FakeClock;
let lines: Record<string, unknown>[];
let registry: Registry;
/** What is in memory. */
let cached: ServedToken | undefined;
let endpoint: WatchedEndpoint;
let url: string;

beforeEach(async () => {
  [clock, lines, registry] = [new FakeClock(), [], new Registry()];
  cached = { token: someToken(clock.now()), source: 'memory' };
  const entitlement = new Entitlement(someClient(), ScopeSet.parse('api:partner'));
  const consumer = new Consumer('order-service', [entitlement], new RateLimit(perSecond));
  const directory = new ConsumerDirectory([{ consumer, keyHashes: [hash] }]);
  const output = { write: (line: string) => void lines.push(JSON.parse(line)) };
  const log = createLog(output);
  const metrics = new RequestMetrics(registry);
  const audit = new Audit({ output, log, metrics, clock, isKnownScope: () => true });
  const minted = async () => ({ token: someToken(clock.now()), source: 'upstream' as const });
  const broker = { cached: () => cached, tokenFor: minted, renew: minted };
  const known = new KnownConsumers(directory, {} as WorkloadVerifier, clock);
  endpoint = new WatchedEndpoint({ consumers: () => known, broker, audit, clock });
  const server = new ConsumersServer({ tokens: endpoint, audit, clock, log, publicUrl: () => undefined });
  await server.listen({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => server.close());
  url = server.url;
});

async function ask(line = `GET ${address} HTTP/1.1`, ...headers: string[]): Promise<RawAnswer> {
  const head = [line, 'Host: broker.example', `Authorization: Bearer ${key.reveal()}`, ...headers];
  return (await exchangeRaw(url, `${head.join('\r\n')}\r\n\r\n`))!;
}

/** Without what differs each time. */
function comparable({ status, headers, body }: RawAnswer): object {
  return { status, headers: [...headers].filter(([name]) => !['date', 'x-request-id'].includes(name)), body };
}

describe('a request that has been answered before', () => {
  it.each([
    ['/token', address],
    ['/forward-auth', '/forward-auth?scopes=api:partner'],
  ])('need not be routed, and is answered all the same: %s', async (_, path) => {
    const trace = 'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const [first, second] = [
      await ask(`GET ${path} HTTP/1.1`, trace),
      await ask(`GET ${path} HTTP/1.1`, trace),
    ];

    expect(endpoint.atHand).toEqual([false, true]);
    expect(first.status).toBe(200);
    expect(comparable(second)).toEqual(comparable(first));
    expect(second.headers.get('x-request-id')).not.toBe(first.headers.get('x-request-id'));
    const ids = [first, second].map(({ headers }) => headers.get('x-request-id'));
    expect(lines.map(({ requestId }) => requestId)).toEqual(ids);
    const [line, again] = lines;
    expect(line).toMatchObject({ audit: 'served', consumer: 'order-service', traceId: expect.any(String) });
    expect({ ...again, requestId: ids[0], time: line!['time'] }).toEqual(line);
    expect(await registry.metrics()).toContain(
      'token_broker_requests_total{client="rabot",source="memory",outcome="served"} 2',
    );
  });

  it.each<[string, number, string, string[]]>([
    ['another method', 405, `POST ${address} HTTP/1.1`, ['Content-Length: 0']],
    ['another address', 200, `GET ${address}&min_ttl=1 HTTP/1.1`, []],
    ['a second host', 400, `GET ${address} HTTP/1.1`, ['Host: other.example']],
    ['a second credential', 401, `GET ${address} HTTP/1.1`, ['Authorization: Bearer other']],
  ])('is another one with %s', async (_, status, line, headers) => {
    await ask();
    expect((await ask(line, ...headers)).status).toBe(status);
    expect(endpoint.atHand).toEqual([false, false]);
  });

  it('waits for its token when there is none at hand', async () => {
    await ask();
    cached = undefined;
    expect((await ask()).status).toBe(200);
    expect(endpoint.atHand).toEqual([false, false]);
    expect(lines.at(-1)).toMatchObject({ audit: 'served', source: 'upstream' });
  });

  it('counts for the limit of its consumer, and is refused beyond it', async () => {
    for (let n = 0; n < perSecond; n++) expect((await ask()).status).toBe(200);
    expect(await ask()).toMatchObject({ status: 429, body: expect.stringContaining('slow_down') });
    expect(endpoint.atHand.filter(Boolean)).toHaveLength(perSecond - 1);
    expect(lines.at(-1)).toMatchObject({ audit: 'slow_down' });
  });

  it('finds the way through the routes when something breaks', async () => {
    await ask();
    const { atHand } = endpoint;
    endpoint.answerAtHand = () => {
      atHand.push(false);
      throw new Error('broken');
    };
    expect((await ask()).status).toBe(200);
    expect(endpoint.atHand).toEqual([false, false]);
  });
});
