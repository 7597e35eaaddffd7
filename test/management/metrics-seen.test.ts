import { atEndOfAll } from '#test/at-end.js';
import { BrokerProcess } from '#test/broker-process.js';
import { beforeAll, expect, it } from 'vitest';
import { metricNames } from '#metrics/metric-names.js';
import { someKey } from '#test/broker-process.js';
import { until } from '#test/until.js';
import { clientSecret } from '#test/partner.js';
import { manyScopes, type Replicas, runningReplicas } from '#test/replicas.js';

const atEnd = atEndOfAll();
/** Names of the metrics that have had a value other than 0. */
const seen = new Set<string>();
/** What reads the metrics. */
const scraper = someKey();
let scene: Replicas;

beforeAll(async () => {
  const options = {
    count: 0,
    // A token of some seconds is renewed at half of them.
    server: { lifetime: 12 },
    client: { expiresAt: '2099-12-31', maxTokenRequests: { perMinute: 100_000, perHour: 8 } },
    settings: {
      workloadIssuers: {
        cluster: {
          issuer: 'https://issuer.invalid',
          audience: 'token-broker',
          jwksUri: 'http://127.0.0.1:9/jwks',
        },
      },
    },
  };
  scene = await runningReplicas(options, atEnd);
  const { server, settings } = scene;
  const { many } = (settings as { clients: { many: object } }).clients;
  const jwksUri = `${server.issuer}/.well-known/jwks.json`;
  const clients = {
    many: { ...many, jwksUri, jwksCheckInterval: 1 },
    signing: {
      tokenEndpoint: server.tokenEndpoint,
      clientId: 'signing',
      clientAuthentication: 'private_key_jwt',
      keys: 'managed',
    },
  };
  scene.settings = { ...settings, clients };
  scene.brokers = [await BrokerProcess.start(scene.settings, { atEnd })];
});

async function look(): Promise<void> {
  const series = (await scene.brokers[0]!.metrics({ authorization: `Bearer ${scraper.key}` }))
    .split('\n')
    .filter((line) => /^\w/.test(line));
  for (const line of series) {
    const name = line.split(/[ {]/)[0]!.replace(/_(sum|count)$/, '');
    if (Number(line.split(' ').at(-1)) !== 0) seen.add(name);
  }
}

async function untilSeen(name: keyof typeof metricNames): Promise<void> {
  await until(async () => {
    await look();
    return seen.has(metricNames[name]);
  }, `${metricNames[name]} has a value`);
}

/** A workload's JWT that is well formed, and cannot be verified: nobody serves the keys of its issuer. */
function unverifiable(): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: 'https://issuer.invalid', aud: 'token-broker', sub: 'x', iat: now, exp: now + 60 };
  return `${part({ alg: 'RS256', kid: 'one' })}.${part(claims)}.${part({})}`;
}

it('every metric has a value in a life of ups and downs', { timeout: 120_000 }, async () => {
  const { server, redis, key, settings } = scene;
  const broker = scene.brokers[0]!;
  const get = (query = 'scopes=a', credential = key) => broker.get(`/token?${query}`, credential);

  // A token is served, by a server whose clock is ahead and that grants other scopes than asked for.
  server.misbehave({ clockOffset: 90, headers: { 'x-ratelimit-remaining': '7' }, fields: { scope: 'a b' } });
  expect((await get()).status).toBe(200);
  for (const name of ['requests', 'servedTokenRemaining', 'tokenAnswerOddities', 'clockSkew'] as const) {
    await untilSeen(name);
  }
  await untilSeen('keyReads');
  await untilSeen('signingKeyRotation');
  expect((await get('scopes=z')).status).toBe(403);
  expect((await get('scopes=a', unverifiable())).status).toBe(503);
  await untilSeen('consumerRequests');
  await untilSeen('consumerLastSeen');
  await untilSeen('consumerCredentialLastSeen');
  await untilSeen('consumerDenials');
  await untilSeen('workloadKeyFailures');

  // Its credential is changed to a wrong one while the token is valid.
  const { many } = (settings as { clients: { many: object } }).clients;
  const dated = { createdAt: '2026-01-01', maxAge: '90d', expiresAt: '2099-12-31' };
  const bearer = { prometheus: { keys: [{ hash: scraper.hash, ...dated }], role: 'scraper' } };
  const other = { keys: [{ hash: someKey().hash, ...dated }], allow: [{ client: 'many', scopes: ['a'] }] };
  broker.rewrite({
    ...settings,
    clients: { many: { ...many, clientSecret: 'fake-typo' } },
    consumers: { ...(settings as { consumers: object }).consumers, other },
    management: { host: '127.0.0.1', port: 0, authentication: { bearer } },
  });
  await untilSeen('credentialTrialRefused');
  await untilSeen('consumerKeyExpires');
  await untilSeen('consumerKeyReplaceBy');
  await untilSeen('operatorKeyExpires');
  await untilSeen('operatorKeyReplaceBy');
  broker.rewrite(settings);

  // The schedule renews it, fails, and is late.
  server.misbehave({ answer: { status: 500 } });
  await untilSeen('renewalFailures');
  await untilSeen('cooldownActive');
  await untilSeen('renewalOverdue');
  await untilSeen('renewalLag');

  // Its credential is refused, once the cool-down is over.
  server.reset();
  server.replaceSecrets('many', ['another']);
  await untilSeen('credentialRefused');
  server.replaceSecrets('many', [clientSecret]);

  broker.rewrite('clients: {');
  await untilSeen('settingsReloads');
  broker.rewrite(settings);
  await redis.kill('SIGKILL');
  await get(`scopes=${manyScopes.join('+')}`);
  await untilSeen('storeErrors');

  await look();
  const names: string[] = Object.values(metricNames);
  // A scheduled job fails by a mistake in the program only, and the log of this broker is read.
  const { scheduledJobFailures, logLinesDropped } = metricNames;
  expect(names.filter((name) => !seen.has(name))).toEqual([scheduledJobFailures, logLinesDropped]);
  expect(seen).toContain('process_cpu_seconds_total');
  expect(seen).toContain('nodejs_eventloop_lag_p99_seconds');
});
