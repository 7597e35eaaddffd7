import { context, ROOT_CONTEXT, SpanStatusCode } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UpstreamFailure } from '#tokens/model/failures.js';
import { RenewalLock, LocalRenewalLock } from '#tokens/ports/renewal-lock.js';
import { ScopeSet } from '#tokens/model/scope-set.js';
import type { Token } from '#tokens/model/token.js';
import type { TokenStore } from '#tokens/ports/token-store.js';
import { FakeClock } from '#test/fake-clock.js';
import { ScriptedAuthorizationServer } from '#test/scripted-authorization-server.js';
import { someBroker } from '#test/some-broker.js';
import { someClient } from '#test/the.js';
import {
  TracedAuthorizationServer,
  TracedNearCache,
  TracedRenewalLock,
  TracedTokenSource,
  TracedTokenStore,
} from './traced-ports.js';
import { loadedTracer, tracedBy } from './tracer.js';

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
});
afterAll(() => {
  context.disable();
});

function tracedBroker(lock: RenewalLock = new LocalRenewalLock()) {
  const exporter = new InMemorySpanExporter();
  const tracer = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }).getTracer(
    'test',
  );
  const server = new ScriptedAuthorizationServer(new FakeClock());
  const own = someBroker({
    lock: new TracedRenewalLock(lock, tracer),
    authorizationServer: new TracedAuthorizationServer(server, tracer),
  });
  const request = own.client.request(ScopeSet.parse('api:partner'));
  return { ...own, server, tracer, request, exporter, traced: new TracedTokenSource(own.broker, tracer) };
}

/** A shared store that has the token that was put last. */
const shared: TokenStore & { token?: Token } = {
  tier: 'redis',
  get: async () => shared.token,
  put: async (_request, token) => void (shared.token = token),
};

const demand = { trigger: 'demand', consumer: 'order-service' } as const;
const named = (spans: ReadableSpan[], name: string) => spans.find((span) => span.name === name)!;

describe('a traced broker', () => {
  it('puts the lock and the token request into the span of what they were done for', async () => {
    const { traced, exporter, request } = tracedBroker();
    await traced.tokenFor(request, demand);
    const spans = exporter.getFinishedSpans();
    const root = named(spans, 'token_for');
    expect(root.attributes).toEqual({
      'token_broker.client': 'rabot',
      'token_broker.scopes': 'api:partner',
      'token_broker.trigger': 'demand',
      'token_broker.source': 'upstream',
    });
    expect(named(spans, 'lock.acquire').attributes['token_broker.outcome']).toBe('acquired');
    for (const name of ['lock.acquire', 'token_request']) {
      expect(named(spans, name).parentSpanContext?.spanId).toBe(root.spanContext().spanId);
    }
  });

  it('has the code of a failure, and none of its words', async () => {
    const { traced, exporter, server, request } = tracedBroker();
    server.next(new UpstreamFailure('client_refused', 'not-a-real-secret was refused'));
    await expect(traced.tokenFor(request, demand)).rejects.toThrow('was refused');
    const span = named(exporter.getFinishedSpans(), 'token_request');
    expect(span.status).toEqual({ code: SpanStatusCode.ERROR });
    expect(span.attributes['error.type']).toBe('upstream_rejected');
    expect(span.events).toEqual([]);
  });

  it('distinguishes acquiring the lock from waiting for its holder', async () => {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const { exporter, tracer, request } = tracedBroker();
    const held: RenewalLock = { acquire: async () => ({ outcome: 'held', result: promise }) };
    const acquisition = await new TracedRenewalLock(held, tracer).acquire(request);
    expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(['lock.acquire']);
    resolve(undefined);
    if (acquisition.outcome === 'held') await acquisition.result;
    expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(['lock.acquire', 'lock.wait']);
  });

  it('says which tier was read, and whether the token was there', async () => {
    const { traced, exporter, tracer, memory, request } = tracedBroker();
    const [near, store] = [new TracedNearCache(memory, tracer), new TracedTokenStore(shared, tracer)];
    const { token } = await traced.tokenFor(request, demand);
    exporter.reset();
    near.put(request, token);
    near.copy(request);
    near.copy(someClient().request(ScopeSet.parse('create:orders')));
    await store.put(request, token);
    await store.get(request);
    const looks = exporter
      .getFinishedSpans()
      .map(({ name, attributes }) => [name, attributes['token_broker.found']]);
    expect(looks).toEqual([
      ['cache.memory.put', undefined],
      ['cache.memory.get', true],
      ['cache.memory.get', false],
      ['cache.redis.put', undefined],
      ['cache.redis.get', true],
    ]);
  });

  it('puts no token into a span', async () => {
    const { traced, exporter, tracer, request } = tracedBroker();
    const { token } = await traced.tokenFor(request, demand);
    await new TracedTokenStore(shared, tracer).put(request, token);
    const exported = exporter
      .getFinishedSpans()
      .map(({ name, attributes, events }) => ({ name, attributes, events }));
    expect(JSON.stringify(exported)).not.toContain('not-a-real-token');
    expect(JSON.stringify(exported)).not.toContain(token.accessToken.sha256.slice(0, 12));
  });
});

describe('without an SDK', () => {
  it('there is no tracer, and parts are left as they are', () => {
    expect(context.active()).toBe(ROOT_CONTEXT);
    expect(loadedTracer()).toBeUndefined();
    const lock = new LocalRenewalLock();
    expect(tracedBy(undefined)(lock, TracedRenewalLock)).toBe(lock);
  });
});
