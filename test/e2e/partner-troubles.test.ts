import { atEndOfAll } from '#test/at-end.js';
import { decodeJwt } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import type { DevAuthorizationServer } from '../../apps/dev-authorization-server/src/dev-authorization-server.js';
import { BrokerProcess, someKey, type TokenReply } from '#test/broker-process.js';
import { metricValue } from '#test/metric-value.js';
import { client, clientSecret, consumer, registration } from '#test/partner.js';
import { runningScene, runningServer } from '#test/running.js';

function tokenIn({ body }: TokenReply): string {
  return String(body['access_token']);
}

describe('invalid client credentials', () => {
  const wrong = {
    secret: 'another-fake-secret',
    space: `${clientSecret} `,
    environment: 'fake-secret-of-staging',
  };
  const names = Object.keys(wrong) as (keyof typeof wrong)[];
  const { key, hash } = someKey();
  let server: DevAuthorizationServer;
  let staging: DevAuthorizationServer;
  let broker: BrokerProcess;

  const atEnd = atEndOfAll();

  beforeAll(async () => {
    server = await runningServer({}, atEnd);
    staging = await runningServer({ clients: [registration('whitelabel', [wrong.environment])] }, atEnd);
    const settings = {
      clients: Object.fromEntries(names.map((name) => [name, client(server, { clientSecret: wrong[name] })])),
      consumers: { 'order-service': consumer({ hash }, ['api:partner', 'create:orders'], names) },
    };
    broker = await BrokerProcess.start(settings, { atEnd });
  });

  it.each([
    ['a wrong secret', 'secret'],
    ['a secret with white space at its end', 'space'],
    ['the right secret of another environment', 'environment'],
  ] as const)('%s is told as such, with what to check', async (_, name) => {
    const reply = await broker.get(`/token?client=${name}`, key);

    expect(reply).toMatchObject({
      status: 502,
      body: { error: 'upstream_rejected', upstream_error: 'invalid_client' },
    });
    const told = String(reply.body['error_description']);
    const causes = [`client ${name}`, 'clientId', 'clientSecret', 'white space', 'environment'];
    for (const words of [...causes, new URL(server.url).host]) expect(told).toContain(words);
    expect(Number(reply.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(told).not.toContain(wrong[name].trim());
    expect(staging.counts.total).toBe(0);
  });

  it('are not tried again and again: a refused credential is left alone for a while', async () => {
    await broker.get('/token?client=secret', key);
    const before = server.counts.total;

    for (const scopes of ['api:partner', 'api:partner', 'api:partner+create:orders']) {
      const reply = await broker.get(`/token?client=secret&scopes=${scopes}`, key);
      expect(reply).toMatchObject({ status: 502, body: { upstream_error: 'invalid_client' } });
    }

    expect(server.counts.total).toBe(before);
    expect(metricValue(await broker.metrics(), 'token_broker_cooldown_active{client="secret"}')).toBe(1);
  });

  it('with white space at their ends are warned about at the start, without being printed', async () => {
    const warnings = broker.lines.filter(({ level }) => level === 'warn').map(({ warning }) => warning);

    expect(warnings[0]).toMatch(/^clients\.space\.clientSecret: .*white space/);
    for (const secret of Object.values(wrong)) {
      expect(`${broker.output}${await broker.metrics()}`).not.toContain(secret.trim());
    }
  });
});

describe('insufficient scopes', () => {
  it('are named with the way out, be it the authorization server that refuses them or the settings', async () => {
    const server = await runningServer();
    const { key, hash } = someKey();
    const broker = await BrokerProcess.start({
      clients: { rabot: client(server, { scopes: ['api:partner', 'create:orders', 'read:meters'] }) },
      consumers: { 'order-service': consumer({ hash }, ['api:partner', 'read:meters']) },
    });

    const unassigned = await broker.get('/token?scopes=read:meters', key);
    expect(unassigned).toMatchObject({ status: 400, body: { error: 'invalid_scope' } });
    expect(unassigned.body['error_description']).toMatch(/client rabot.*read:meters.*assigned to the client/);
    expect(server.counts).toMatchObject({ total: 1, byOutcome: { invalid_scope: 1 } });

    const forbidden = await broker.get('/token?scopes=api:partner+create:orders', key);
    expect(forbidden).toMatchObject({ status: 403, body: { error: 'access_denied' } });
    expect(forbidden.body['error_description']).toMatch(/the scope create:orders .*client rabot.*allow list/);
    expect(server.counts.total).toBe(1);
    const denials = 'token_broker_consumer_denials_total{consumer="order-service",reason="access_denied"}';
    expect(metricValue(await broker.metrics(), denials)).toBe(1);

    expect((await broker.get('/token?scopes=api:partner', key)).status).toBe(200);
  });
});

describe('401s between check and use', () => {
  it('are kept away by min_ttl: no token has less life left', async () => {
    const { server, broker, key } = await runningScene();
    server.misbehave({ delay: 2_500, times: 1 });
    const ask = (minTtl: number) => broker.get(`/token?scopes=api:partner&min_ttl=${minTtl}`, key);
    const aged = await broker.get('/token?scopes=api:partner', key);

    const content = await ask(1_800);
    const insisting = await ask(3_597);

    expect(tokenIn(content)).toBe(tokenIn(aged));
    expect(Number(content.body['expires_in'])).toBeGreaterThanOrEqual(1_800);
    expect(tokenIn(insisting)).not.toBe(tokenIn(aged));
    expect(Number(insisting.body['expires_in'])).toBeGreaterThanOrEqual(3_597);
    expect(decodeJwt(tokenIn(insisting)).exp! * 1000 - Date.now()).toBeGreaterThanOrEqual(3_590_000);
    expect(server.counts.total).toBe(2);
  });

  it('are not promised away: min_ttl beyond what is granted is refused, naming the lifetime', async () => {
    const { server, broker, key } = await runningScene();
    const ask = () => broker.get('/token?scopes=api:partner&min_ttl=3600', key);

    for (const reply of [await ask(), await ask(), await ask()]) {
      expect(reply).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
      expect(reply.body['error_description']).toMatch(/min_ttl .*3599 s.*request less/);
    }
    expect(server.counts.total).toBe(1);
  });
});

describe('too many authentications', () => {
  it('do not happen: beyond the budget nothing is sent, and who asks is told when to come again', async () => {
    const budget = 4;
    const server = await runningServer();
    const [orders, support] = [someKey(), someKey()];
    const scopes = ['create:orders', 'role:finance-reporting', 'role:customer-support'];
    const broker = await BrokerProcess.start({
      clients: { rabot: client(server, { maxTokenRequestsPerMinute: budget }) },
      consumers: { 'order-service': consumer(orders, scopes), 'support-desk': consumer(support, scopes) },
    });
    const subsets = scopes.flatMap((one, index) => [
      one,
      ...scopes.slice(index + 1).map((other) => `${one}+${other}`),
    ]);

    const replies: TokenReply[] = [];
    for (const { key } of [orders, support]) {
      for (const subset of subsets) replies.push(await broker.get(`/token?scopes=${subset}`, key));
    }

    const refused = replies.filter(({ status }) => status !== 200);
    expect(refused.length).toBeGreaterThan(0);
    for (const { status, headers, body } of refused) {
      expect({ status, error: body['error'] }).toEqual({ status: 503, error: 'temporarily_unavailable' });
      expect(body['error_description']).toMatch(
        /client rabot .*budget of 4 per minute.*maxTokenRequestsPerMinute/,
      );
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(30);
      expect(Number(headers.get('retry-after'))).toBeLessThanOrEqual(60);
    }
    expect(server.counts.total).toBe(
      new Set(replies.filter(({ status }) => status === 200).map(tokenIn)).size,
    );
    expect(server.counts.total).toBeLessThanOrEqual(budget);
    const failures = 'token_broker_renewal_failures_total{client="rabot",reason="budget_used_up"}';
    expect(metricValue(await broker.metrics(), failures)).toBe(refused.length);
    // What is there already costs nothing.
    expect((await broker.get(`/token?scopes=${subsets[0]}`, support.key)).status).toBe(200);
  });
});
