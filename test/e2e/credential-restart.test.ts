import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { DevAuthorizationServer } from '../../apps/dev-authorization-server/src/dev-authorization-server.js';
import { BrokerProcess, someKey } from '#test/broker-process.js';
import { metricValue } from '#test/metric-value.js';
import { startOidcProvider } from '#test/oidc-provider.js';
import { clientSecret } from '#test/partner.js';
import { manyScopes, runningReplicas, scopeSets } from '#test/replicas.js';
import { SteadyLoad } from '#test/steady-load.js';
import { until } from '#test/until.js';

const inDemand = scopeSets(6);
const preload = [['a', 'b', 'c', 'd', 'e', 'f']];
/** Milliseconds within which the tokens of a former credential are renewed, and some to spare. */
const spreadOver = 60_000;

function secretIn(file: string) {
  return (secret: string) => writeFileSync(file, secret);
}

function someSecretFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'secret-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'client-secret');
  secretIn(file)(clientSecret);
  return file;
}

const trialOf = async (broker: BrokerProcess) =>
  metricValue(await broker.metrics(), 'token_broker_credential_trial_refused{client="many"}');

it(
  'replicas that are restarted one after another with a wrong secret fail no request, and try it no longer once the right one is there',
  { timeout: 180_000 },
  async () => {
    const file = someSecretFile();
    const client = { clientSecret: { file }, preload };
    const replicas = await runningReplicas({ client, server: { lifetime: 3_600 } });
    const { server, key } = replicas;
    const load = SteadyLoad.on(replicas.brokers, { key, scopes: inDemand, callers: inDemand.length });
    await load.rounds(2);
    const refusals = () => server.counts.byOutcome['invalid_client'] ?? 0;
    server.reset();

    secretIn(file)('fake-secret-with-a-typo');
    const restarted: BrokerProcess[] = [];
    for (const former of replicas.brokers) {
      await load.retire(former);
      former.signal('SIGTERM');
      await former.exited();
      const fresh = await replicas.another();
      restarted.push(fresh);
      load.add(fresh);
      await load.rounds(1);
    }
    await until(
      async () => (await Promise.all(restarted.map(trialOf))).every((one) => one === 1),
      'each replica reports the refusal',
    );
    await load.rounds(2);
    expect(server.counts.total).toBe(refusals());
    expect(refusals()).toBeLessThanOrEqual(6);

    server.reset();
    secretIn(file)(clientSecret);
    const all = inDemand.length + preload.length;
    await until(
      async () => (await Promise.all(restarted.map(trialOf))).every((one) => one === undefined),
      'no credential is on trial',
    );
    await load.rounds(2);
    expect(refusals()).toBe(0);
    expect(server.counts.total).toBeLessThanOrEqual(all);
    const answers = await load.stop();
    expect(answers.failures).toEqual([]);
    for (const broker of restarted) expect(answers.from(broker).all.length).toBeGreaterThan(0);
  },
);

it(
  'a replica that was restarted with a new, right secret renews the tokens of the former one, each once',
  { timeout: 120_000 },
  async () => {
    const file = someSecretFile();
    const client = { clientSecret: { file } };
    const replicas = await runningReplicas({ count: 1, client, server: { lifetime: 3_600 } });
    const { server, key, brokers } = replicas;
    const [former] = brokers as [BrokerProcess];
    const load = SteadyLoad.on(brokers, { key, scopes: inDemand, callers: inDemand.length });
    await load.rounds(2);
    server.reset();
    server.replaceSecrets('many', ['fake-secret-of-next-year']);
    await load.stop();
    former.signal('SIGTERM');
    await former.exited();
    secretIn(file)('fake-secret-of-next-year');
    const fresh = await replicas.another();
    const next = SteadyLoad.on([fresh], { key, scopes: inDemand, callers: inDemand.length });
    await until(async () => server.counts.total >= inDemand.length, 'all tokens are renewed', spreadOver);
    await next.rounds(2);
    expect((await next.stop()).failures).toEqual([]);
    expect(server.counts.total).toBe(inDemand.length);
  },
);

it(
  'without Redis a wrong secret, then the right one, renews what is in use and what is preloaded',
  { timeout: 120_000 },
  async () => {
    const file = someSecretFile();
    const registration = {
      clientId: 'many',
      scopes: manyScopes,
      authentication: { method: 'client_secret_post' },
      secrets: [clientSecret],
    } as const;
    const server = await DevAuthorizationServer.start({ clients: [registration], lifetime: 3_600 });
    onTestFinished(() => server.stop());
    const { key, hash } = someKey();
    const broker = await BrokerProcess.start({
      clients: {
        many: {
          tokenEndpoint: server.tokenEndpoint,
          clientId: 'many',
          clientSecret: { file },
          clientAuthentication: 'client_secret_post',
          scopes: manyScopes,
          preload,
        },
      },
      consumers: { 'order-service': { keys: [hash], allow: [{ client: 'many', scopes: manyScopes }] } },
    });
    const load = SteadyLoad.on([broker], { key, scopes: inDemand, callers: inDemand.length });
    await load.rounds(2);
    await until(async () => server.counts.total === inDemand.length + 1, 'the preload is there');
    server.reset();
    server.replaceSecrets('many', ['fake-secret-of-next-year']);
    secretIn(file)('fake-secret-with-a-typo');
    await until(async () => (await trialOf(broker)) === 1, 'the refusal is reported');
    await load.rounds(2);
    server.reset();
    secretIn(file)('fake-secret-of-next-year');
    await until(async () => server.counts.total >= inDemand.length + 1, 'all are renewed', spreadOver);
    await load.rounds(2);
    expect((await load.stop()).failures).toEqual([]);
    expect(server.counts.total).toBe(inDemand.length + 1);
    expect(server.counts.byScopeSet[preload[0]!.join(' ')]).toBe(1);
  },
);

it('a replica that was restarted with a private key that is not registered serves the tokens of the former one', async () => {
  const provider = await startOidcProvider();
  onTestFinished(() => provider.stop());
  const { clientId, privateKey, keyId, algorithm } = provider.clients.private_key_jwt;
  const file = someSecretFile();
  const [put, scope] = [secretIn(file), 'api:partner'];
  put(privateKey);
  const { key, hash } = someKey();
  const replicas = await runningReplicas({
    count: 1,
    settings: {
      clients: {
        many: {
          tokenEndpoint: provider.tokenEndpoint,
          clientId,
          clientAuthentication: 'private_key_jwt',
          privateKey: { file },
          keyId,
          algorithm,
          scopes: [scope],
        },
      },
      consumers: { orders: { keys: [hash], allow: [{ client: 'many', scopes: [scope] }] } },
    },
  });
  const [former] = replicas.brokers as [BrokerProcess];
  const { body } = await former.get('/token', key);
  put(
    generateKeyPairSync('ec', { namedCurve: 'P-256' })
      .privateKey.export({ type: 'pkcs8', format: 'pem' })
      .toString(),
  );
  former.signal('SIGTERM');
  await former.exited();
  const fresh = await replicas.another();
  await until(async () => (await trialOf(fresh)) === 1, 'the refusal is reported');
  expect((await fresh.get('/token', key)).body['access_token']).toBe(body['access_token']);
  put(privateKey);
  await until(async () => (await trialOf(fresh)) === undefined, 'no credential is on trial');
  expect((await fresh.get('/token', key)).body['access_token']).toBe(body['access_token']);
  expect(provider.refusedAssertions.length).toBeLessThanOrEqual(2);
});
