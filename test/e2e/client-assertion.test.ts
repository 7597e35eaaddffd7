import { beforeAll, describe, expect, it } from 'vitest';
import { atEndOfAll } from '#test/at-end.js';
import { type BrokerProcess, someKey } from '#test/broker-process.js';
import { ClusterIssuer } from '#test/cluster-issuer.js';
import { metricValue } from '#test/metric-value.js';
import { MountedFiles } from '#test/mounted-files.js';
import { type OidcProvider, startOidcProvider } from '#test/oidc-provider.js';
import { type Replicas, runningReplicas } from '#test/replicas.js';
import { SteadyLoad } from '#test/steady-load.js';
import { until } from '#test/until.js';

const scope = 'api:partner';
const replacements = 50;

const atEnd = atEndOfAll();
const cluster = new ClusterIssuer();
let provider: OidcProvider;
let files: MountedFiles;
let replicas: Replicas;

/** Puts another assertion into the file that all replicas read, as a kubelet does. */
function replaceAssertion(lifetime?: number): string {
  const { jti, token } = cluster.issue(provider.issuer, lifetime);
  files.replace({ token });
  return jti;
}

beforeAll(async () => {
  provider = await startOidcProvider({ trusts: { issuer: cluster, clients: ['lasting', 'brief'] } });
  atEnd(() => provider.stop());
  files = new MountedFiles({ token: cluster.issue(provider.issuer).token });
  atEnd(async () => files.remove());
  const client = (clientId: string) => ({
    tokenEndpoint: provider.tokenEndpoint,
    clientId,
    clientAuthentication: 'client_assertion',
    clientAssertion: { file: files.path('token') },
    scopes: [scope],
    maxTokenRequestsPerMinute: 100_000,
  });
  const { hash, key } = someKey();
  replicas = await runningReplicas(
    {
      settings: {
        clients: { lasting: client('lasting'), brief: client('brief') },
        consumers: {
          orders: {
            keys: [hash],
            allow: ['lasting', 'brief'].map((name) => ({ client: name, scopes: [scope] })),
          },
        },
      },
    },
    atEnd,
  );
  replicas.key = key;
});

describe('clientAuthentication: client_assertion', () => {
  it(`needs no secret: the file is replaced ${replacements} times under load, and no request fails, no token is dropped`, async () => {
    const { brokers, key } = replicas;
    const lastingToken = async (broker: BrokerProcess) =>
      (await broker.get(`/token?client=lasting&scopes=${scope}`, key)).body['access_token'];
    await until(async () => {
      const [one, ...others] = await Promise.all(brokers.map(lastingToken));
      return one !== undefined && others.every((other) => other === one);
    }, 'the replicas share a token');
    const lasting = SteadyLoad.on(brokers, { key, scopes: [scope], parameters: '&client=lasting' });
    const brief = SteadyLoad.on(brokers, { key, scopes: [scope], parameters: '&client=brief', pause: 10 });
    for (let n = 0; n < replacements; n++) {
      const jti = replaceAssertion();
      await until(async () => cluster.accepted.includes(jti), 'the new assertion is used');
    }
    await lasting.rounds(2);

    const [kept, renewed] = [await lasting.stop(), await brief.stop()];
    expect([kept.failures, renewed.failures]).toEqual([[], []]);
    expect(kept.tokens).toHaveLength(1);
    expect(renewed.tokens.length).toBeGreaterThanOrEqual(replacements);
    expect(cluster.accepted).toHaveLength(cluster.presented);
    const reloads = await Promise.all(
      brokers.map(async (broker) =>
        metricValue(await broker.metrics(), 'token_broker_settings_reloads_total{outcome="ok"}'),
      ),
    );
    expect(reloads.map((count) => count ?? 0)).toEqual([0, 0, 0]);
  });

  it('never logs in by an assertion that has expired, and serves the tokens there are', async () => {
    const { brokers, key } = replicas;
    const token = (client: string) => brokers[0]!.get(`/token?client=${client}&scopes=${scope}`, key);
    replaceAssertion();
    const before = await token('lasting');
    replaceAssertion(-1);
    const presented = cluster.presented;

    const refused = await token('brief');
    expect(refused).toMatchObject({ status: 503, body: { error: 'temporarily_unavailable' } });
    expect(refused.body['error_description']).toMatch(
      /the file of its clientAssertion holds a JWT that expired at/,
    );
    expect((await token('lasting')).body['access_token']).toBe(before.body['access_token']);
    expect(cluster.presented).toBe(presented);

    replaceAssertion();
    expect((await token('brief')).status).toBe(200);
  });
});
