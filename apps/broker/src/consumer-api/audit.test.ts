import { Registry } from 'prom-client';
import { beforeEach, describe, expect, it } from 'vitest';
import { Consumer } from '#consumers/consumer.js';
import { Entitlement } from '#consumers/entitlement.js';
import { RequestMetrics } from '#metrics/request-metrics.js';
import { Failure } from '#tokens/model/failures.js';
import { ScopeSet } from '#tokens/model/scope-set.js';
import { FakeClock } from '#test/fake-clock.js';
import { someToken } from '#test/some-token.js';
import { someClient } from '#test/the.js';
import { createLog } from '../core/log.js';
import { Audit } from './audit.js';
import { Exchange } from './exchange.js';
import { toldOf } from './handed-out-line.js';

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
  audit = new Audit({ output, log: createLog(output), metrics, clock, isKnownScope });
});

const client = someClient();
const consumer = new Consumer('order-service', [new Entitlement(client, ScopeSet.parse('api:partner'))]);

/** What a request of the consumer has come to that asks for these scopes. */
function exchangeFor(scopes: string, name = 'rabot'): Exchange {
  const exchange = new Exchange(clock.now());
  exchange.consumer = consumer;
  exchange.asked = { client: name, scopes: ScopeSet.parse(scopes), resources: [] };
  return exchange;
}

/** The consumer asks for what it may not have. */
function refuse(scopes: string, name?: string): void {
  const exchange = exchangeFor(scopes, name);
  try {
    consumer.request(exchange.asked!);
  } catch (error) {
    audit.refused(exchange, { failure: (error as Failure).code, reason: undefined }, 'request-1');
  }
}

function refuseStranger(): void {
  audit.refused(new Exchange(clock.now()), { failure: 'invalid_client', reason: undefined }, 'request-1');
}

describe('the audit', () => {
  it('tells who got which token, and how much life was left in it', async () => {
    const exchange = exchangeFor('api:partner');
    exchange.request = consumer.request(exchange.asked!);
    exchange.told = toldOf(consumer, exchange.request);
    const found = { token: someToken(clock.now()), source: 'memory' } as const;
    clock.advance(12.34);

    audit.handedOut(exchange, found, 'request-1', clock.now());

    expect(lines).toEqual([
      {
        level: 'info',
        time: expect.any(String),
        audit: 'served',
        requestId: 'request-1',
        consumer: 'order-service',
        client: 'rabot',
        scopes: 'api:partner',
        source: 'memory',
        token: someToken(0).accessToken.fingerprint,
        expiresIn: 3_599,
        duration: 12.3,
        msg: 'token handed out',
      },
    ]);
    expect(await registry.metrics()).toContain(
      'token_broker_requests_total{client="rabot",source="memory",outcome="served"} 1',
    );
  });

  it('tells of what was refused only what the settings name: a pasted secret could be among it', () => {
    refuse('create:orders not-a-real-secret another');

    expect(lines).toMatchObject([
      { audit: 'access_denied', consumer: 'order-service', asked: '(unknown) create:orders' },
    ]);
    expect(lines[0]).not.toHaveProperty('scopes');
    expect(lines[0]).not.toHaveProperty('client');
    expect(JSON.stringify(lines)).not.toContain('not-a-real-secret');
  });

  it('never tells the name of a client that is not the consumer’s', () => {
    refuse('api:partner', 'not-a-real-client');
    expect(JSON.stringify(lines)).not.toContain('not-a-real-client');
  });

  it('tells of a stranger no more than that there was one', () => {
    refuseStranger();
    const told = { audit: 'invalid_client', requestId: 'request-1', duration: 0, msg: 'token refused' };
    expect(lines).toEqual([{ level: 'info', time: expect.any(String), ...told }]);
  });

  it('counts denials by consumer, and strangers as none', async () => {
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
