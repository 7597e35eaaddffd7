import { atEndOfAll } from '#test/at-end.js';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Runtime, TokenBrokerClient } from '#client/token-broker-client.js';
import { BrokerProcess, someKey } from '#test/broker-process.js';
import { FakeRuntime } from '#test/fake-runtime.js';
import { freePort } from '#test/free-port.js';
import { client, consumer } from '#test/partner.js';
import { runningScene, runningServer, type Scene } from '#test/running.js';
import { tcpProxy } from '#test/tcp-proxy.js';
import { until } from '#test/until.js';

const orders = (scene: Scene) => `${scene.server.url}/partner/v1/orders`;
const handedOut = ({ broker }: Scene) => broker.lines.filter((line) => line['audit'] === 'served').length;

describe('the client, with a real broker', { timeout: 60_000 }, () => {
  /** Its token grows older while other tests run: one of a few seconds is not renewed when it is rejected. */
  let elder: Scene & { client: TokenBrokerClient };
  const atEnd = atEndOfAll();

  beforeAll(async () => {
    const scene = await runningScene({}, {}, atEnd);
    const own = new TokenBrokerClient({ url: scene.broker.consumers, credential: scene.key });
    await own.token({ scopes: 'api:partner' });
    elder = { ...scene, client: own };
    await until(async () => handedOut(elder) === 1, 'the request is logged');
  });

  it('has ten thousand concurrent callers cost it one request for each set of scopes', async () => {
    const scene = await runningScene();
    const own = new TokenBrokerClient({ url: scene.broker.consumers, credential: scene.key });
    const sets = ['api:partner', 'api:partner create:orders', ['create:orders', 'api:partner'], undefined];
    const parameters = sets.map((scopes) => (scopes === undefined ? {} : { scopes }));
    const tokens = await Promise.all(
      Array.from({ length: 10_000 }, (_, number) => own.token(parameters[number % 4]!)),
    );

    expect(new Set(tokens.map(({ scope }) => scope))).toEqual(
      new Set(['api:partner', 'api:partner create:orders']),
    );
    await until(async () => handedOut(scene) === 3, 'three requests are logged');
    expect((await own.fetch(orders(scene), {}, parameters[0]!)).status).toBe(200);
    expect(handedOut(scene)).toBe(3);
  });

  it('fails no call while the broker is away and the token lives, and takes it up again', async () => {
    const server = await runningServer();
    const { key, hash } = someKey();
    const settings = {
      listen: { host: '127.0.0.1', port: await freePort() },
      clients: { rabot: client(server) },
      consumers: { 'order-service': consumer({ hash }) },
    };
    const broker = await BrokerProcess.start(settings);
    const time = new FakeRuntime();
    const own = new TokenBrokerClient({ url: broker.consumers, credential: key }, time);
    const parameters = { scopes: 'api:partner' };
    const first = await own.token(parameters);
    await broker.stop();
    const life = first.expiresIn;
    for (let left = life; left > 60; left -= 60) {
      expect(await own.token(parameters)).toBe(first);
      time.advance(60_000);
    }
    await expect(own.token({ scopes: 'create:orders' })).rejects.toMatchObject({ code: 'unreachable' });

    await BrokerProcess.start(settings);
    time.advance(20_000);
    await until(async () => (await own.token(parameters)) !== first, 'the broker that is back has answered');
    expect(await own.token({ scopes: 'create:orders' })).toMatchObject({
      scope: 'api:partner create:orders',
    });
  });

  it('loses no request when a broker that others replace drains its kept connections', async () => {
    const server = await runningServer();
    const { key, hash } = someKey();
    const settings = {
      clients: { rabot: client(server) },
      consumers: { 'order-service': consumer({ hash }) },
    };
    const [old, young] = await Promise.all([BrokerProcess.start(settings), BrokerProcess.start(settings)]);
    const portOf = ({ consumers }: BrokerProcess) => Number(new URL(consumers).port);
    const service = await tcpProxy(portOf(old));
    onTestFinished(() => service.stop());
    let lost = 0;
    const runtime: Runtime = {
      now: () => performance.now(),
      random: Math.random,
      sleep: async (milliseconds) => {
        lost++;
        await delay(milliseconds);
      },
    };
    const options = { url: `http://127.0.0.1:${service.port}`, credential: key, maxTokens: 1 };
    const own = new TokenBrokerClient(options, runtime);

    let requests = 0;
    const stopping = new AbortController();
    const caller = async (first: number) => {
      // Each life that must be left is another request.
      for (let number = 0; !stopping.signal.aborted; number++, requests++) {
        await own.token({ scopes: 'api:partner', minTtl: first + (number % 100) });
      }
    };
    const callers = Array.from({ length: 20 }, (_, number) => caller(number * 100));
    await until(async () => requests > 500, 'connections are kept');
    service.targetPort = portOf(young);
    old.signal('SIGTERM');
    await old.exited();
    const before = requests;
    await until(async () => requests > before + 500, 'the other broker serves');
    stopping.abort();
    await Promise.all(callers);
    expect(lost).toBe(0);
  });

  it('takes up a credential in a file that has changed', async () => {
    const server = await runningServer();
    const [old, young] = [someKey(), someKey()];
    const settings = (hash: string) => ({
      clients: { rabot: client(server) },
      consumers: { 'order-service': consumer({ hash }) },
    });
    const broker = await BrokerProcess.start(settings(old.hash));
    const file = join(broker.folder, 'api-key');
    writeFileSync(file, `${old.key}\n`);
    const own = new TokenBrokerClient({ url: broker.consumers, credential: { file } });
    expect(await own.token({ scopes: 'api:partner' })).toMatchObject({ scope: 'api:partner' });

    broker.rewrite(settings(young.hash));
    const other = { scopes: 'create:orders' };
    const refused = () =>
      own.token(other).then(
        () => false,
        (error: { code: string }) => error.code === 'invalid_client',
      );
    await until(async () => (await broker.get('/token', old.key)).status === 401, 'the old key is refused');
    expect(await refused()).toBe(true);
    writeFileSync(file, young.key);
    await until(async () => (await own.token(other)).scope.includes('create:orders'), 'the new key is used');
  });

  it('has a storm of a thousand calls with a revoked token cost it one report', async () => {
    const { server, client: own } = elder;
    const parameters = { scopes: 'api:partner' };
    const token = await own.token(parameters);
    const asked = handedOut(elder);
    const tokenRequests = server.counts.total;
    // Above the 10 s within which the broker renews none.
    await until(async () => token.expiresIn < 3_587, 'the token is not young');
    server.revoke(token.accessToken);

    const statuses: number[] = [];
    const caller = async () => {
      for (let call = 0; call < 20; call++) {
        const response = await own.fetch(orders(elder), {}, parameters);
        await response.body?.cancel();
        statuses.push(response.status);
      }
    };
    const held = Array.from({ length: 1_000 }, () => own.rejected(token, parameters));
    await Promise.all(Array.from({ length: 50 }, caller));
    expect(new Set((await Promise.all(held)).map(({ sha256 }) => sha256)).size).toBe(1);
    expect(statuses).toEqual(Array(1_000).fill(200));
    await until(async () => handedOut(elder) > asked, 'the report is logged');
    expect(handedOut(elder)).toBe(asked + 1);
    expect(server.counts.total).toBe(tokenRequests + 1);
  });
});
