import { expect, it, onTestFinished } from 'vitest';
import { type BrokerProcess, someKey } from '#test/broker-process.js';
import { dumpOf, WireTap } from '#test/everything-in-redis.js';
import { metricValue } from '#test/metric-value.js';
import { clientSecret } from '#test/partner.js';
import { type Replicas, runningReplicas } from '#test/replicas.js';
import { runningServer } from '#test/running.js';
import { SteadyLoad } from '#test/steady-load.js';
import { until } from '#test/until.js';

const scopes = ['read:invoices', 'write:invoices', 'read:meters', 'refused:scope'];

/** Three replicas whose client, scopes and consumer have names that would be noticed, and short-lived tokens. */
async function someReplicas(lifetime?: number): Promise<Replicas> {
  const registration = {
    clientId: 'conspicuous-client-id',
    scopes,
    authentication: { method: 'client_secret_post' },
    secrets: [clientSecret],
  } as const;
  const server = await runningServer({ clients: [registration], lifetime });
  const { key, hash } = someKey();
  const client = {
    tokenEndpoint: server.tokenEndpoint,
    clientId: 'conspicuous-client-id',
    clientSecret,
    clientAuthentication: 'client_secret_post',
    scopes,
    maxTokenRequestsPerMinute: 10_000,
    renewal: { at: 0.2, jitter: 0.02, minRemaining: 2 },
  };
  const allow = [{ client: 'conspicuous-client', scopes }];
  const settings = {
    clients: { 'conspicuous-client': client },
    consumers: { 'conspicuous-consumer': { keys: [hash], allow } },
  };
  return { ...(await runningReplicas({ settings })), server, key };
}

it('nothing that is a secret is seen in Redis, on the way there, or in what replicas tell one another', async () => {
  const { server, brokers, redis, key } = await someReplicas(12);
  server.misbehave({ scope: 'refused:scope', answer: { error: 'invalid_scope' } });
  const tap = await WireTap.on(redis);
  onTestFinished(() => tap.close());
  const load = SteadyLoad.on(brokers, { key, scopes: scopes.slice(0, 3) });
  const refused = await Promise.all(brokers.map((broker) => broker.get('/token?scopes=refused:scope', key)));
  expect(refused.map(({ body }) => body['error'])).toEqual([
    'invalid_scope',
    'invalid_scope',
    'invalid_scope',
  ]);
  // All have been renewed, and the schedule holds them.
  await server.waitForRequests(3 * 3);
  const dump = await dumpOf(redis);
  await load.rounds(1);
  const answers = await load.stop();
  expect(answers.failures).toEqual([]);

  for (const kind of [
    ':token ',
    ':cooldown:request:',
    ':budget:',
    '{schedule}:requests ',
    '{schedule}:demand ',
  ]) {
    expect(dump).toContain(kind);
  }
  for (const kind of ['"generation"', '"failure"', ':budget:', 'said on token-broker:events: {"key"']) {
    expect(tap.text).toContain(kind);
  }
  const names = ['conspicuous', 'invoices', 'meters', 'refused:scope', clientSecret, key];
  const parts = answers.tokens.flatMap((token) => token.split('.'));
  const packed = parts.map((part) => Buffer.from(part, 'base64url').toString('latin1'));
  const secrets = [...names, ...parts, ...packed].flatMap((text) => [text, inBase64(text), inHex(text)]);
  for (const text of [dump, tap.text]) {
    expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);
  }
});

it('entries that were moved or tampered with are counted, and replaced without an error for anybody', async () => {
  const { server, brokers, redis, key } = await someReplicas();
  const [first, second, third] = brokers as [BrokerProcess, BrokerProcess, BrokerProcess];
  const asking = (broker: BrokerProcess, scope: string) => broker.get(`/token?scopes=${scope}`, key);
  // Only the first has copies of these of its own.
  const own = SteadyLoad.on([first], { key, scopes: scopes.slice(0, 2) });
  await own.rounds(2);
  const [read, write] = (await redis.client.keys('*:token')) as [string, string];
  expect(await redis.client.keys('*:token')).toHaveLength(2);

  await redis.command('COPY', read, write, 'REPLACE');
  const moved = await Promise.all(['read:invoices', 'write:invoices'].map((scope) => asking(second, scope)));
  expect(moved.map(({ status, body }) => [status, body['scope']])).toEqual([
    [200, 'read:invoices'],
    [200, 'write:invoices'],
  ]);
  expect([await unreadable(second), server.counts.total]).toEqual([1, 3]);

  const entry = (await redis.client.getBuffer(read))!;
  entry[entry.length - 20]! ^= 1;
  await redis.client.set(read, entry, 'KEEPTTL');
  const flipped = await Promise.all(['read:invoices', 'write:invoices'].map((scope) => asking(third, scope)));
  expect(flipped.map(({ status, body }) => [status, body['scope']])).toEqual([
    [200, 'read:invoices'],
    [200, 'write:invoices'],
  ]);
  expect([await unreadable(third), server.counts.total]).toEqual([1, 4]);

  const all = SteadyLoad.on(brokers, { key, scopes: scopes.slice(0, 2) });
  await all.rounds(2);
  for (const load of [own, all]) {
    const answers = await load.stop();
    expect([answers.failures, answers.wrong, answers.steppedBack()]).toEqual([[], [], []]);
  }
  expect((await all.stop()).tokens).toHaveLength(2);
});

it('a client with another token endpoint is served nothing that was minted at the former one', async () => {
  const { server, brokers, redis, key, settings } = await runningReplicas();
  const load = SteadyLoad.on(brokers, { key, scopes: ['a', 'b'] });
  const before = await load.rounds(2);
  expect(before.tokens).toHaveLength(2);

  const changed = JSON.stringify(settings).replaceAll('http://127.0.0.1', 'http://localhost');
  for (const broker of brokers) broker.rewrite(JSON.parse(changed));
  const changedAt = await Promise.all(
    brokers.map(async (broker) => {
      await until(async () => broker.output.includes('"settings reloaded"'), 'the settings are in force');
      return performance.now();
    }),
  );
  await load.rounds(2);
  const answers = await load.stop();
  // The replicas look for changes each second, and not at the same time.
  const steppedBack = answers.steppedBack({ perReplica: true });
  expect([answers.failures, answers.wrong, steppedBack]).toEqual([[], [], []]);
  for (const [n, broker] of brokers.entries()) {
    const after = answers.from(broker).since(changedAt[n]!);
    expect(after.tokens.length).toBe(2);
    expect(after.tokens.filter((token) => before.tokens.includes(token))).toEqual([]);
  }
  // One for each endpoint and scope set, over all replicas.
  expect([server.counts.total, server.counts.byOutcome]).toEqual([4, { issued: 4 }]);
  await until(
    async () => (await redis.client.keys('*:token')).length === 2,
    'the old ones are gone from Redis',
  );
});

async function unreadable(broker: BrokerProcess): Promise<number | undefined> {
  return metricValue(await broker.metrics(), 'token_broker_store_errors_total{operation="open"}');
}

/** Without what depends on the bytes beside it. */
function inBase64(text: string): string {
  return Buffer.from(text)
    .subarray(0, text.length - (text.length % 3))
    .toString('base64');
}

function inHex(text: string): string {
  return Buffer.from(text).toString('hex');
}
