import type { IncomingMessage, ServerResponse } from 'node:http';
import { Registry } from 'prom-client';
import { beforeEach, describe, expect, it } from 'vitest';
import { Consumer } from '#consumers/consumer.js';
import { Entitlement } from '#consumers/entitlement.js';
import { Grant } from '#consumers/grant.js';
import { RequestMetrics } from '#metrics/request-metrics.js';
import { Failure } from '#tokens/model/failures.js';
import { ScopeSet } from '#tokens/model/scope-set.js';
import { Secret } from '#tokens/model/secret.js';
import { FakeClock } from '#test/fake-clock.js';
import { someAuditLog } from '#test/some-audit-log.js';
import { someToken } from '#test/some-token.js';
import { someClient } from '#test/the.js';
import { addressList } from '../core/addresses.js';
import { Audit } from './audit.js';
import { RequestContext } from './request-context.js';
import { matchRoute } from './routes.js';

let lines: Record<string, unknown>[];
let clock: FakeClock;
let registry: Registry;
let audit: Audit;

beforeEach(() => {
  lines = [];
  clock = new FakeClock();
  registry = new Registry();
  const output = { write: (line: string) => void lines.push(JSON.parse(line)) };
  const known = new Set(['api:partner', 'create:orders']);
  const isKnownScope = (scope: string) => known.has(scope);
  const metrics = new RequestMetrics(registry);
  audit = new Audit({
    log: someAuditLog(output),
    metrics,
    clock,
    settings: { active: { isKnownScope, trustedProxies: addressList(['10.0.0.0/8']) } },
  });
});

const client = someClient();
const entitlement = new Entitlement(client, { scopes: ScopeSet.parse('api:partner'), name: 'allow[0]' });
const consumer = new Consumer('order-service', [entitlement]);
consumer.activity.replaceCredentials([{ id: 'key', place: 'keys[1]', fingerprint: '0a0a0a0a0a0a' }]);
const origin = { service: 'token-broker', version: '0.0.0', replica: 'replica-1' };

/** A request of the consumer for these scopes. */
function contextFor(scopes: string, name = 'rabot'): RequestContext {
  const context = someContext();
  context.consumer = consumer;
  context.credential = consumer.activity.credential('key');
  context.parameters = { client: name, scopes: ScopeSet.parse(scopes), resources: [] };
  return context;
}

function someContext(): RequestContext {
  const headers = { 'x-forwarded-for': '203.0.113.9' };
  const socket = { remoteAddress: '10.0.0.1' };
  const request = { method: 'GET', url: '/token', headers, socket } as unknown as IncomingMessage;
  const match = matchRoute('GET', '/token');
  return new RequestContext(request, {} as ServerResponse, match, 'request-1', clock.now());
}

/** The consumer asks for what it may not have. */
function refuse(scopes: string, name?: string): void {
  const context = contextFor(scopes, name);
  try {
    consumer.permit(context.parameters!);
  } catch (error) {
    audit.refused(context, (error as Failure).code, undefined);
  }
}

function refuseStranger(): void {
  audit.refused(someContext(), 'invalid_client', undefined);
}

describe('the audit', () => {
  it('says who got which token, and how much life was left in it', async () => {
    const context = contextFor('api:partner');
    const found = { token: someToken(clock.now()), source: 'memory' } as const;
    clock.advance(12.34);

    audit.served(context, new Grant(consumer, context.parameters!), found, clock.now());

    expect(lines).toEqual([
      {
        level: 'info',
        time: expect.any(String),
        audit: 'served',
        requestId: 'request-1',
        address: '203.0.113.9',
        consumer: 'order-service',
        credential: 'keys[1]',
        key: '0a0a0a0a0a0a',
        rule: 'allow[0]',
        client: 'rabot',
        scopes: 'api:partner',
        source: 'memory',
        token: someToken(0).accessToken.fingerprint,
        expiresIn: 3_599,
        duration: 12.3,
        msg: 'token served',
        ...origin,
      },
    ]);
    expect(await registry.metrics()).toContain(
      'token_broker_requests_total{client="rabot",source="memory",outcome="served"} 1',
    );
  });

  it('says of each token of a grant whose it is and where it came from, whatever the line before said', () => {
    const context = contextFor('api:partner');
    const other = contextFor('api:partner');
    other.request.headers['x-forwarded-for'] = '203.0.113.10';
    other.credential = { count: 0, lastAt: 0, place: 'keys[0]', fingerprint: '0b0b0b0b0b0b' };
    const grant = new Grant(consumer, context.parameters!);
    const now = clock.now();
    const [token, next] = [someToken(now), someToken(now, { accessToken: new Secret('next') })];
    for (const [one, found] of [
      [context, { token, source: 'memory' }],
      [context, { token, source: 'memory' }],
      [other, { token, source: 'memory' }],
      [other, { token: next, source: 'memory' }],
      [other, { token: next, source: 'redis' }],
    ] as const) {
      audit.served(one, grant, found, now);
    }

    const of = ({ address, credential, key, token: sha, source }: Record<string, unknown>) =>
      [address, credential, key, sha, source].join(' ');
    const [before, after] = [token, next].map(({ accessToken }) => accessToken.fingerprint);
    expect(lines.map(of)).toEqual([
      `203.0.113.9 keys[1] 0a0a0a0a0a0a ${before} memory`,
      `203.0.113.9 keys[1] 0a0a0a0a0a0a ${before} memory`,
      `203.0.113.10 keys[0] 0b0b0b0b0b0b ${before} memory`,
      `203.0.113.10 keys[0] 0b0b0b0b0b0b ${after} memory`,
      `203.0.113.10 keys[0] 0b0b0b0b0b0b ${after} redis`,
    ]);
  });

  it('names only scopes of the settings in a refusal: a pasted secret could be among the others', () => {
    refuse('create:orders not-a-real-secret another');

    expect(lines).toMatchObject([
      { audit: 'access_denied', consumer: 'order-service', asked: '(unknown) create:orders' },
    ]);
    expect(lines[0]).not.toHaveProperty('scopes');
    expect(lines[0]).not.toHaveProperty('client');
    expect(JSON.stringify(lines)).not.toContain('not-a-real-secret');
  });

  it('never has the name of a client that is not the consumer’s', () => {
    refuse('api:partner', 'not-a-real-client');
    expect(JSON.stringify(lines)).not.toContain('not-a-real-client');
  });

  it('has nothing of a request without a known credential', () => {
    refuseStranger();
    const said = { audit: 'invalid_client', requestId: 'request-1', duration: 0, msg: 'token refused' };
    const expected = { level: 'info', time: expect.any(String), address: '203.0.113.9', ...said, ...origin };
    expect(lines).toEqual([expected]);
  });

  it('notes in the activity of the consumer what was served and what was refused', () => {
    const context = contextFor('api:partner');
    const found = { token: someToken(clock.now()), source: 'memory' } as const;
    const before = context.credential!.count;
    audit.served(context, new Grant(consumer, context.parameters!), found, clock.now());
    expect(consumer.activity.credentials).toMatchObject([{ count: before + 1, lastAt: clock.now() }]);
    expect(consumer.activity.requests[0]).toMatchObject({ client: 'rabot', scopes: 'api:partner' });
    refuse('create:orders');
    expect(consumer.activity.refusals[0]).toEqual({
      at: clock.now(),
      error: 'access_denied',
      asked: 'create:orders',
      credential: 'keys[1]',
      address: '203.0.113.9',
    });
  });

  it('counts denials by consumer, and those of unknown callers as none', async () => {
    refuse('create:orders');
    refuseStranger();

    const exposed = await registry.metrics();
    const name = 'token_broker_consumer_denials_total';
    expect(exposed).toContain(`${name}{consumer="order-service",reason="access_denied"} 1`);
    expect(exposed).toContain(`${name}{consumer="none",reason="invalid_client"} 1`);
  });

  it('makes no further series of a thousand wrong scopes and clients', async () => {
    const series = async () =>
      (await registry.metrics()).split('\n').filter((line) => /^\w/.test(line)).length;
    refuse('create:orders');
    const before = await series();
    for (let wrong = 0; wrong < 1_000; wrong++) {
      refuse(`scope-${wrong}`);
      refuse('api:partner', `client-${wrong}`);
    }
    expect(await series()).toBe(before);
  });
});
