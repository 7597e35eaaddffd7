import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { availableParallelism } from 'node:os';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { someKey } from '#test/broker-process.js';
import { type Certificates, someCertificates } from '#test/certificates.js';
import { freePort } from '#test/free-port.js';
import { consumer } from '#test/partner.js';
import { PickyApi } from '#test/picky-api.js';
import { ConsumerScene } from './consumer-scene.js';
import { NginxProxy, type NginxProxyOptions } from './nginx-proxy.js';

const reader = someKey();

describe('deploy/proxies/nginx.conf', { timeout: 60_000 }, () => {
  let certificates: Certificates;
  let scene: ConsumerScene;

  beforeAll(async () => {
    certificates = await someCertificates();
    scene = await ConsumerScene.start({
      certificates,
      consumers: { reader: consumer(reader, ['api:partner']) },
    });
  });
  afterAll(() => scene?.stop());

  /** Until the test ends; in front of the orders API, unless told otherwise. */
  async function proxy(options: Partial<NginxProxyOptions> = {}): Promise<NginxProxy> {
    const { broker, server, key } = scene;
    const usual = { broker: broker.consumers, api: server.url, key, ca: certificates.ca };
    const started = await NginxProxy.start({ ...usual, ...options });
    onTestFinished(() => started.stop());
    return started;
  }

  async function currentToken(): Promise<string> {
    const { body } = await scene.broker.get('/token?scopes=api:partner+create:orders', scene.key);
    return String(body['access_token']);
  }

  async function call(url: string, init: RequestInit = {}) {
    const answer = await fetch(url, init);
    return { status: answer.status, headers: answer.headers, body: (await answer.json()) as object };
  }

  const orders = { client: 'whitelabel', scopes: ['api:partner', 'create:orders'] };

  it('calls the API for a client that sends no credential', async () => {
    const { url } = await proxy();
    expect(await call(`${url}/partner/v1/orders`)).toMatchObject({ status: 200, body: orders });
  });

  it('recovers from a revoked token in the same call, however many make it', async () => {
    const { url } = await proxy();
    await scene.haveToken();
    scene.refuseToken();
    scene.server.reset();

    const answers = await Promise.all(Array.from({ length: 20 }, () => call(`${url}/partner/v1/orders`)));

    for (const answer of answers) expect(answer).toMatchObject({ status: 200, body: orders });
    expect(scene.server.counts.total).toBe(1);
  });

  it.each([
    ['a short body', 'not empty'],
    ['a body that does not fit into memory', 'x'.repeat(600_000)],
  ])('repeats a POST with %s as it was', async (_, body) => {
    const token = await currentToken();
    const api = await PickyApi.start(token);
    scene.refuseToken();
    const { url } = await proxy({ api: api.url });

    const answer = await call(`${url}/orders/a%2Fb%20c?x=%20y&x=%26`, { method: 'POST', body });

    expect(answer.status).toBe(200);
    const [first, second, ...more] = api.calls.map((one) => [one.method, one.path, one.body === body]);
    expect(first).toEqual(['POST', '/orders/a%2Fb%20c?x=%20y&x=%26', true]);
    expect(second).toEqual(first);
    expect(more).toEqual([]);
    expect(api.calls.map(({ headers }) => headers.authorization)).toEqual([
      `Bearer ${token}`,
      `Bearer ${await currentToken()}`,
    ]);
  });

  it.each([200, 204, 301, 400, 403, 404, 409, 429, 500, 502, 503])(
    'passes a %d of the API on, without another call',
    async (status) => {
      const api = await PickyApi.start();
      const { url } = await proxy({ api: api.url });
      const answer = await fetch(`${url}/status?${status}`, { redirect: 'manual' });
      expect([answer.status, api.calls.length]).toEqual([status, 1]);
    },
  );

  const challenged = async (status: number, challenge: string) => {
    const api = await PickyApi.start();
    api.headers['www-authenticate'] = challenge;
    await scene.haveToken();
    scene.refuseToken();
    const { url } = await proxy({ api: api.url });
    return { answer: await fetch(`${url}/status?${status}`), calls: api.calls.length };
  };

  it.each([
    [401, 'Bearer error="invalid_token"'],
    [403, 'Bearer realm="orders", error="invalid_token", error_description="expired"'],
    [403, 'Bearer error=invalid_token'],
  ])('calls the API again after a %d with %s', async (status, challenge) => {
    expect((await challenged(status, challenge)).calls).toBe(2);
  });

  it.each([
    [401, 'Bearer error="insufficient_scope", scope="orders"'],
    [403, 'Bearer error="insufficient_scope"'],
    [403, 'Basic realm="orders"'],
  ])('answers 403 after a %d with %s, without another call', async (status, challenge) => {
    const { answer, calls } = await challenged(status, challenge);
    expect([answer.status, answer.headers.get('www-authenticate'), calls]).toEqual([403, challenge, 1]);
  });

  it('says that the API refuses a new token as well, after two calls', async () => {
    const api = await PickyApi.start();
    await scene.haveToken();
    scene.refuseToken();
    const { url } = await proxy({ api: api.url });
    expect(await call(`${url}/status?401`)).toMatchObject({
      status: 502,
      body: { error: 'upstream_rejected', error_description: expect.stringContaining('new access token') },
    });
    expect(api.calls).toHaveLength(2);
  });

  it('says when to ask again, when the refused token is too young for another', async () => {
    const { url } = await proxy();
    await scene.haveToken();
    scene.refuseToken();
    await call(`${url}/partner/v1/orders`);
    scene.server.revokeAll();

    const { status, headers, body } = await call(`${url}/partner/v1/orders`);

    expect({ status, body }).toMatchObject({ status: 503, body: { error: 'temporarily_unavailable' } });
    expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(2);
    expect(Number(headers.get('retry-after'))).toBeLessThanOrEqual(10);
  });

  it.each([
    ['is down', async () => ({ broker: `http://127.0.0.1:${await freePort()}` }), 503],
    ['does not know its key', async () => ({ key: someKey().key }), 502],
    ['forbids it a scope', async () => ({ key: reader.key }), 502],
  ])('calls no API without a token when the broker %s', async (_, option, status) => {
    const api = await PickyApi.start();
    const { url } = await proxy({ api: api.url, ...(await option()) });

    const answer = await call(`${url}/orders`, { headers: { authorization: `Bearer ${scene.key}` } });

    expect(answer).toMatchObject({ status, body: { error_description: expect.stringMatching(/token/) } });
    expect(answer.headers.get('www-authenticate')).toBeNull();
    expect(answer.headers.get('retry-after')).toBe(status === 503 ? '1' : null);
    expect(api.calls).toEqual([]);
  });

  it('puts its token in the place of whatever credential the client sends', async () => {
    const api = await PickyApi.start();
    const { url } = await proxy({ api: api.url });
    const before = scene.broker.lines.length;
    const [bearer, basic] = [`Bearer ${reader.key}`, `Basic ${btoa(`reader:${reader.key}`)}`];
    for (const authorization of [bearer, basic]) {
      expect(await call(`${url}/orders`, { headers: { authorization } })).toMatchObject({ status: 200 });
    }
    const token = await currentToken();
    expect(new Set(api.calls.map(({ headers }) => headers.authorization))).toEqual(
      new Set([`Bearer ${token}`]),
    );
    const audited = scene.broker.lines.slice(before).filter((line) => 'audit' in line);
    expect(new Set(audited.map(({ consumer: name }) => name))).toEqual(new Set(['order-service']));
  });

  it.each([
    ['a location that asks for a token', '/.token-broker/token'],
    ['a location that reports one', '/.token-broker/rejected'],
    ['a named location', '@api_again'],
  ])('ignores an API whose X-Accel-Redirect names %s', async (_, target) => {
    const token = await currentToken();
    const api = await PickyApi.start();
    api.headers['x-accel-redirect'] = target;
    const { url } = await proxy({ api: api.url });

    const answer = await fetch(`${url}/status?200`);

    expect([answer.status, api.calls.length]).toEqual([200, 1]);
    expect([...answer.headers.keys()]).not.toContain('x-accel-redirect');
    expect(answer.headers.get('authorization')).toBeNull();
    expect(JSON.stringify([...answer.headers])).not.toContain(token);
  });

  it.each([4, 16, 60])('puts a token of %d KiB on the call', async (kibibytes) => {
    const accessToken = 'x'.repeat(kibibytes * 1024);
    const broker = createServer((_request, response) => {
      response.writeHead(200, {
        authorization: `Bearer ${accessToken}`,
        'access-token-sha256': '0'.repeat(64),
      });
      response.end();
    });
    await once(broker.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => void broker.close());
    const api = await PickyApi.start();
    const { url } = await proxy({
      api: api.url,
      broker: `http://127.0.0.1:${(broker.address() as AddressInfo).port}`,
    });
    expect(await call(`${url}/orders`)).toMatchObject({ status: 200 });
    expect(api.calls.map(({ headers }) => headers.authorization)).toEqual([`Bearer ${accessToken}`]);
  });

  it('keeps its connections to the API', async () => {
    const api = await PickyApi.start();
    const { url } = await proxy({ api: api.url });
    const callers = 8;
    const many = Array.from({ length: callers }, async () => {
      for (let n = 0; n < 50; n++) expect(await call(`${url}/orders`)).toMatchObject({ status: 200 });
    });
    await Promise.all(many);
    // At most one for each caller and worker process, where each call had its own.
    expect(api.connections).toBeLessThanOrEqual(callers * availableParallelism());
  });

  it.each([
    ['a WebSocket', 'websocket', 101],
    ['a WebSocket in capitals', 'WebSocket', 101],
    ['no tunnel of another protocol', 'h2c', 200],
    ['no tunnel that hides among WebSockets', 'h2c, websocket', 200],
  ])('opens %s', async (_, protocol, status) => {
    const api = await PickyApi.start();
    const { url } = await proxy({ api: api.url });
    const asked = request(`${url}/feed`, { headers: { upgrade: protocol, connection: 'Upgrade' } }).end();
    const opened = new Promise<[number, string]>((resolve, reject) => {
      asked.on('error', reject);
      asked.on('response', (answer) => resolve([answer.statusCode ?? 0, answer.resume() && '']));
      asked.on('upgrade', (answer, socket) => {
        socket.once('data', (data) => {
          socket.destroy();
          resolve([answer.statusCode ?? 0, String(data)]);
        });
        socket.write('echo');
      });
    });
    expect(await opened).toEqual([status, status === 101 ? 'echo' : '']);
    expect(api.calls[0]?.headers.authorization).toBe(`Bearer ${await currentToken()}`);
  });

  it('shows its own key neither to the API nor to the client, nor writes it into a log', async () => {
    const token = await currentToken();
    const api = await PickyApi.start(token);
    scene.refuseToken();
    const started = await proxy({ api: api.url });
    const { headers, body } = await call(`${started.url}/orders`);
    const seen = JSON.stringify([api.calls, [...headers], body, started.output]);
    expect(seen).toContain(await currentToken());
    expect(seen).not.toContain(scene.key);
    expect(started.output).not.toContain(token);
    for (const path of ['token', 'rejected']) {
      expect((await fetch(`${started.url}/.token-broker/${path}`)).status).toBe(404);
    }
  });
});
