import { describe, expect, it, onTestFinished } from 'vitest';
import type { Effects } from '../../apps/dev-authorization-server/src/misbehaviour.js';
import type { BrokerProcess, TokenReply } from '#test/broker-process.js';
import { someCertificates } from '#test/certificates.js';
import { metricValue } from '#test/metric-value.js';
import { MountedFiles } from '#test/mounted-files.js';
import { clientSecret } from '#test/partner.js';
import { RedisServer } from '#test/redis-server.js';
import { type Replicas, runningReplicas, shortLived } from '#test/replicas.js';
import { SteadyLoad } from '#test/steady-load.js';
import { until } from '#test/until.js';

function ask(broker: BrokerProcess, scopes: string, key: string): Promise<TokenReply> {
  return broker.get(`/token?scopes=${scopes}`, key);
}

/** Each replica is asked for a scope set of its own, so that no lock keeps them apart. */
function askApart({ brokers, key }: Replicas): Promise<TokenReply[]> {
  return Promise.all(brokers.map((broker, n) => ask(broker, ['b', 'c', 'd'][n]!, key)));
}

function tokensIn(replies: readonly TokenReply[]): Set<unknown> {
  return new Set(replies.map(({ status, body }) => body['access_token'] ?? `status ${status}`));
}

/** Waits until all have got a token. */
async function recovered(replicas: Replicas): Promise<void> {
  const isServed = async () => (await askApart(replicas)).every(({ status }) => status === 200);
  await until(isServed, 'all replicas have new tokens');
}

/** Three replicas that have a token for `a`, which callers go on asking for. It is to be renewed after 3 s of its 30. */
async function sceneUnderLoad(): Promise<Replicas & { load: SteadyLoad }> {
  const renewal = { at: 0.1, jitter: 0, minRemaining: 5 };
  const replicas = await runningReplicas({ client: { timeout: 1, renewal }, server: { lifetime: 30 } });
  const load = SteadyLoad.on(replicas.brokers, { key: replicas.key, callers: 3 });
  await load.rounds(2);
  replicas.server.reset();
  return { ...replicas, load };
}

function expectUnavailable({ status, headers, body }: TokenReply): void {
  expect({ status, error: body['error'] }).toEqual({ status: 503, error: 'temporarily_unavailable' });
  expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
}

/** Asks all replicas again and again, for so many milliseconds. */
async function refusedFor(duration: number, replicas: Replicas): Promise<void> {
  const end = performance.now() + duration;
  while (performance.now() < end) for (const reply of await askApart(replicas)) expectUnavailable(reply);
}

async function expectServed(load: SteadyLoad): Promise<void> {
  const answers = await load.stop();
  expect(answers.failuresWhileValid).toEqual([]);
  expect(answers.wrong).toEqual([]);
  expect(answers.steppedBack({ grace: answers.grace })).toEqual([]);
}

describe('an authorization server', () => {
  const troubles: [string, Effects][] = [
    ['hangs', { hang: true }],
    ['drips its answer', { drip: 100 }],
    ['answers 500', { answer: { status: 500, html: true } }],
  ];

  it.each(troubles)(
    'that %s is tried by one replica at a time, while valid tokens are served',
    async (_, trouble) => {
      const scene = await sceneUnderLoad();
      const { server, brokers, key, load } = scene;

      server.misbehave(trouble);
      const since = performance.now();
      expectUnavailable(await ask(brokers[0]!, 'b', key));
      await refusedFor(3_000, scene);
      // After each failure nobody asks for a second at the least.
      expect(server.counts.total).toBeLessThanOrEqual(1 + (performance.now() - since) / 1_000);
      // One that was given up may be noticed only after the next has come, but three replicas would make three.
      expect(server.counts.maxInFlight).toBeLessThanOrEqual(2);

      server.reset();
      const seen = load.answers.tokens.length;
      await recovered(scene);
      expect(server.counts.byScopeSet).toMatchObject({ b: 1, c: 1, d: 1 });
      await until(async () => load.answers.tokens.length > seen, 'the token in use is renewed');
      await expectServed(load);
    },
  );

  it('that answers 429 is left alone by all replicas for as long as its Retry-After says', async () => {
    const scene = await sceneUnderLoad();
    const { server, brokers, key, load } = scene;

    server.misbehave({ answer: { retryAfter: 5 } });
    const refused = await ask(brokers[0]!, 'b', key);
    const refusedAt = performance.now();
    expectUnavailable(refused);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(5);
    await refusedFor(3_000, scene);
    expect(server.counts.total).toBe(1);

    server.reset();
    await recovered(scene);
    expect(performance.now() - refusedAt).toBeGreaterThan(4_500);
    expect(server.counts.byScopeSet).toMatchObject({ b: 1, c: 1, d: 1 });
    await expectServed(load);
  });
});

describe('a client secret that the authorization server refuses', () => {
  const nextSecret = 'fake-secret-of-next-year';

  it('is tried once, not once per replica, until its file is replaced: then every replica goes on', async () => {
    const files = new MountedFiles({ 'client-secret': clientSecret });
    onTestFinished(() => files.remove());
    const file = files.path('client-secret');
    const scene = await runningReplicas({ client: { clientSecret: { file } } });
    const { server, brokers, key } = scene;
    const askAll = () => Promise.all(brokers.map((broker) => ask(broker, 'a', key)));
    const [old, ...others] = tokensIn(await askAll());
    expect(others).toEqual([]);

    server.replaceSecrets('many', [nextSecret]);
    expect((await ask(brokers[0]!, 'b', key)).status).toBe(502);
    for (let round = 0; round < 3; round++) {
      for (const { status, headers, body } of await askApart(scene)) {
        expect({ status, error: body['upstream_error'] }).toEqual({ status: 502, error: 'invalid_client' });
        expect(Number(headers.get('retry-after'))).toBeGreaterThan(20);
      }
    }
    expect(tokensIn(await askAll())).toEqual(new Set([old]));
    expect(server.counts).toMatchObject({ total: 2, byOutcome: { issued: 1, invalid_client: 1 } });

    files.replace({ 'client-secret': nextSecret });
    await recovered(scene);
    const fresh = await askAll();
    expect(fresh.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(tokensIn(fresh).size).toBe(1);
    expect(tokensIn(fresh)).not.toContain(old);
    expect(server.counts).toMatchObject({ total: 6, byOutcome: { issued: 5, invalid_client: 1 } });
  });
});

describe('a Redis that speaks TLS and lets an ACL user in', () => {
  const password = 'not-a-real-password';
  const rules = `on >${password} ~token-broker:* &token-broker:* +@all -@admin -@dangerous +info`;

  it('keeps the tokens of all replicas, and costs them one token request per renewal', async () => {
    const { ca, server: identity } = await someCertificates();
    const redis = await RedisServer.start({
      tls: { ca, ...identity },
      password: 'another-fake-password',
      directives: { user: `broker ${rules}` },
    });
    onTestFinished(() => redis.stop());
    const url = `rediss://broker:${password}@127.0.0.1:${redis.port}/0`;
    const { server, brokers, key } = await runningReplicas({
      redis: { url, tls: { ca } },
      ...shortLived,
    });

    const load = SteadyLoad.on(brokers, { key, callers: 3 });
    await until(async () => load.answers.tokens.length >= 3, 'two renewals');
    await load.rounds(1);

    await expectServed(load);
    expect(server.counts.total).toBe(3);
    expect(await redis.command('KEYS', 'token-broker:*:token')).toHaveLength(1);
    for (const broker of brokers) {
      expect(metricValue(await broker.metrics(), 'token_broker_store_up')).toBe(1);
      expect(broker.output).not.toContain(password);
    }
  });
});
