import { beforeAll, describe, expect, it } from 'vitest';
import { atEndOfAll } from '#test/at-end.js';
import { BrokerProcess } from '#test/broker-process.js';
import { clientSecret } from '#test/partner.js';
import { type Replicas, runningReplicas } from '#test/replicas.js';
import { until } from '#test/until.js';
import { toolProcess } from '../tool/tool-run.js';
import { OperatorsApi } from './operators-api.js';

const atEnd = atEndOfAll();
let replicas: Replicas;
let brokers: BrokerProcess[];
let settings: { clients: Record<string, object>; consumers: Record<string, object> };

/** Clients whose server can revoke, one whose server says of no endpoint, and one to be removed. */
beforeAll(async () => {
  replicas = await runningReplicas({ count: 0 }, atEnd);
  const { server } = replicas;
  const base = replicas.settings as typeof settings;
  const { many } = base.clients as { many: object };
  const revocable = { ...many, tokenEndpoint: undefined, issuer: server.issuer };
  const clients = {
    many: revocable,
    plain: many,
    unheard: {
      ...many,
      revocationEndpoint: 'http://127.0.0.1:9/revocation',
      parameters: { audience: 'unheard' },
    },
    leaving: {
      ...many,
      revocationEndpoint: `${server.issuer}/connect/revocation`,
      revokeOnRemoval: true,
      timeout: 9,
    },
  };
  // Of one registration, tokens are shared: the last has its own by a parameter.
  Object.assign(clients.leaving, { parameters: { audience: 'leaving' } });
  const [name, consumer] = Object.entries(base.consumers)[0] as [string, { keys: string[] }];
  const allow = Object.keys(clients).map((client) => ({ client, scopes: ['a', 'b', 'c'] }));
  settings = { ...base, clients, consumers: { [name]: { ...consumer, allow } } };
  brokers = await Promise.all([1, 2].map(() => BrokerProcess.start(settings, { atEnd })));
});

async function token(broker: BrokerProcess, client: string, scopes: string): Promise<string> {
  const { status, body } = await broker.get(`/token?client=${client}&scopes=${scopes}`, replicas.key);
  expect(status).toBe(200);
  return String(body['access_token']);
}

/** Whether the API still accepts it, whatever its scopes are. */
async function isActive(accessToken: string): Promise<boolean> {
  const headers = { authorization: `Bearer ${accessToken}` };
  return (await fetch(`${replicas.server.url}/partner/v1/orders`, { headers })).status !== 401;
}

const purge = (broker: BrokerProcess, order: unknown, headers = {}) =>
  new OperatorsApi(broker).send('/api/tokens/purge', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(order),
  });

describe('POST /api/tokens/purge', () => {
  it('drops the tokens of a client at all replicas, revokes them, and is audited', async () => {
    const [one, two] = brokers as [BrokerProcess, BrokerProcess];
    const before = [
      await token(one, 'many', 'a'),
      await token(two, 'many', 'b'),
      await token(one, 'many', 'b'),
    ];
    expect(before[1]).toBe(before[2]);
    const { status, body } = await purge(two, { client: 'many' });
    // What only the other replica knows of yet, that one revokes.
    const { dropped, revoked } = body as { dropped: number; revoked: number };
    expect({ status, body }).toEqual({
      status: 200,
      body: { client: 'many', dropped, revoked: dropped, failed: 0, revocation: 'supported' },
    });
    expect(dropped).toBeGreaterThanOrEqual(1);
    await until(async () => !(await Promise.all(before.map(isActive))).includes(true), 'all are revoked');
    await until(
      async () => !before.includes(await token(one, 'many', 'b')),
      'the other replica serves a new token',
    );
    const after = [await token(one, 'many', 'a'), await token(two, 'many', 'a')];
    expect(after[0]).toBe(after[1]);
    expect(await Promise.all(after.map(isActive))).toEqual([true, true]);
    const line = await two.logged(({ audit }) => audit === 'purged');
    expect(line).toMatchObject({ by: 'operator', client: 'many', dropped, revoked, failed: 0 });
  });

  it('drops the tokens while the endpoint for revocation is down, and says that they are not revoked', async () => {
    const [one] = brokers as [BrokerProcess];
    const before = await token(one, 'unheard', 'a+c');
    const { status, body } = await purge(one, { client: 'unheard' });
    expect({ status, body }).toMatchObject({ status: 200, body: { dropped: 1, revoked: 0, failed: 1 } });
    expect(await isActive(before)).toBe(true);
    expect(await token(one, 'unheard', 'a+c')).not.toBe(before);
  });

  it('drops each token once, however often it is ordered at once', async () => {
    const [one, two] = brokers as [BrokerProcess, BrokerProcess];
    const before = await token(one, 'unheard', 'a+b');
    const orders = await Promise.all([one, two, one].map((broker) => purge(broker, { client: 'unheard' })));
    expect(orders.map(({ status }) => status)).toEqual([200, 200, 200]);
    const after = await token(two, 'unheard', 'a+b');
    expect(after).not.toBe(before);
    expect(await token(one, 'unheard', 'a+b')).toBe(after);
  });

  it('drops and revokes a token that is being requested meanwhile, and serves the one after it', async () => {
    const [one, two] = brokers as [BrokerProcess, BrokerProcess];
    const { server } = replicas;
    // The schedule may request tokens of earlier cases meanwhile.
    const requests = () => server.counts.byScopeSet['a b c'] ?? 0;
    const before = requests();
    server.hold();
    const waiting = [one, two].map((broker) => token(broker, 'many', 'a+b+c'));
    await until(async () => requests() > before, 'the token is being requested');
    // Each replica knows of it then, whichever of them requests the token.
    for (const broker of [one, two]) await purge(broker, { client: 'many' });
    server.release();
    const [first, second] = await Promise.all(waiting);
    expect(first).toBe(second);
    expect(await isActive(first!)).toBe(true);
    expect(requests()).toBe(before + 2);
  });

  it('says where the server cannot revoke', async () => {
    const [one] = brokers as [BrokerProcess];
    const before = await token(one, 'plain', 'c');
    const { body } = await purge(one, { client: 'plain' });
    expect(body).toEqual({ client: 'plain', dropped: 1, revoked: 0, failed: 0, revocation: 'unsupported' });
    expect(await isActive(before)).toBe(true);
    expect(await token(one, 'plain', 'c')).not.toBe(before);
  });

  it('refuses an unknown client, and what a page of another site sends', async () => {
    const [one] = brokers as [BrokerProcess];
    expect(await purge(one, { client: 'nobody' })).toMatchObject({
      status: 400,
      body: { error: 'invalid_request' },
    });
    expect(await purge(one, {})).toMatchObject({ status: 400 });
    expect(await purge(one, { client: 'many' }, { 'sec-fetch-site': 'cross-site' })).toMatchObject({
      status: 403,
    });
  });
});

describe('token-broker purge', () => {
  it('does the same from the command line', async () => {
    const [one] = brokers as [BrokerProcess];
    const before = await token(one, 'many', 'c');
    const { status, stdout } = await toolProcess(['purge', '--url', one.management, '--client', 'many']);
    expect(stdout).toMatch(/^dropped \d+ tokens?, \d+ revoked\n$/);
    expect(status).toBe(0);
    await until(async () => !(await isActive(before)), 'the token is revoked');
    const unknown = await toolProcess(['purge', '--url', one.management, '--client', 'nobody']);
    expect(unknown).toMatchObject({ status: 1, stderr: expect.stringContaining('no such client') });
    expect((await toolProcess(['purge', '--client', 'many'])).status).toBe(64);
    expect((await toolProcess(['purge', '--url', 'http://127.0.0.1:9', '--client', 'many'])).status).toBe(69);
  });
});

describe('revokeOnRemoval', () => {
  it('revokes the tokens of a client that is taken out of the settings, and no others', async () => {
    const [one, two] = brokers as [BrokerProcess, BrokerProcess];
    const leaving = await token(one, 'leaving', 'a');
    const staying = await token(one, 'many', 'a');
    const { leaving: _, ...clients } = settings.clients;
    const consumers = Object.fromEntries(
      Object.entries(settings.consumers).map(([name, consumer]) => {
        const { allow } = consumer as { allow: { client: string }[] };
        return [name, { ...consumer, allow: allow.filter(({ client }) => client !== 'leaving') }];
      }),
    );
    for (const broker of [one, two]) broker.rewrite({ ...settings, clients, consumers });
    await until(async () => !(await isActive(leaving)), 'the token is revoked');
    expect(await isActive(staying)).toBe(true);
    await Promise.all([one, two].map((broker) => broker.logged(({ audit }) => audit === 'revoked')));
    expect([one, two].map(({ output }) => output.includes(clientSecret))).toEqual([false, false]);
  });

  it('revokes the tokens that the replica has in memory while Redis is down', async () => {
    const { redis, server, settings: base, key, another } = await runningReplicas({ count: 0 });
    const { clients, consumers } = base as typeof settings;
    const revocationEndpoint = `${server.issuer}/connect/revocation`;
    const many = { ...clients['many'], revocationEndpoint, revokeOnRemoval: true };
    const broker = await another();
    broker.rewrite({ ...base, clients: { many, other: { ...many, clientId: 'other' } } });
    await broker.logged(({ msg }) => msg === 'settings reloaded');
    const { body } = await broker.get('/token?scopes=a', key);
    const headers = { authorization: `Bearer ${String(body['access_token'])}` };
    const call = async () => (await fetch(`${server.url}/partner/v1/orders`, { headers })).status;
    expect(await call()).toBe(403);
    await redis.stop();
    const allow = [{ client: 'other', scopes: ['a'] }];
    const [name, consumer] = Object.entries(consumers)[0]!;
    broker.rewrite({
      ...base,
      clients: { other: { ...many, clientId: 'other' } },
      consumers: { [name]: { ...consumer, allow } },
    });
    await until(async () => (await call()) === 401, 'the token is revoked');
  });
});
