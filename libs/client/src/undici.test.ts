import { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { Agent, type Dispatcher, fetch, request } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import { clientScene, type ClientScene } from '../../../test/support/client-scene.js';
import { PickyApi } from '../../../test/support/picky-api.js';
import { withAuthorization } from './dispatch-headers.js';
import { tokenBrokerInterceptor } from './undici.js';

const order = { scopes: 'api:partner create:orders' };
const firstToken = 'not-a-real-token-1';

interface UndiciScene extends ClientScene {
  api: PickyApi;
  dispatcher: Dispatcher;
}

async function undiciScene(...disliked: string[]): Promise<UndiciScene> {
  const scene = await clientScene();
  const agent = new Agent({ connections: 50 });
  onTestFinished(() => agent.destroy());
  const dispatcher = agent.compose(tokenBrokerInterceptor(scene.broker, order));
  return { ...scene, dispatcher, api: await PickyApi.start(...disliked) };
}

const reports = ({ server }: UndiciScene) => server.calls('POST /token/rejected').length;

describe('the interceptor of undici', () => {
  it('puts the token on requests', async () => {
    const { api, dispatcher } = await undiciScene();
    const { statusCode, body } = await request(api.url, {
      dispatcher,
      headers: { Authorization: 'Basic none' },
    });
    expect([statusCode, await body.json()]).toMatchObject([200, { authorization: `Bearer ${firstToken}` }]);
    const response = await fetch(api.url, { dispatcher, headers: { 'x-own': 'kept' } });
    expect(await response.json()).toMatchObject({ authorization: `Bearer ${firstToken}` });
    expect(api.calls[1]!.headers['x-own']).toBe('kept');
  });

  it('reports a token that is answered with 401, and repeats the request with another', async () => {
    const scene = await undiciScene(firstToken);
    const { api, dispatcher } = scene;
    const { statusCode, body } = await request(api.url, { dispatcher, method: 'POST', body: 'order' });
    expect([statusCode, await body.json()]).toEqual([
      200,
      { status: 200, authorization: 'Bearer not-a-real-token-2', body: 'order' },
    ]);
    expect([api.calls.length, reports(scene)]).toEqual([2, 1]);
  });

  it('serves fetch, too', async () => {
    const scene = await undiciScene(firstToken);
    expect((await fetch(scene.api.url, { dispatcher: scene.dispatcher })).status).toBe(200);
    expect([scene.api.calls.length, reports(scene)]).toEqual([2, 1]);
  });

  it('costs a storm of a hundred requests with one rejected token one report', async () => {
    const scene = await undiciScene(firstToken);
    await scene.broker.token(order);
    const statuses = await Promise.all(
      Array.from({ length: 100 }, async () => {
        const { statusCode, body } = await request(scene.api.url, { dispatcher: scene.dispatcher });
        await body.dump();
        return statusCode;
      }),
    );
    expect(statuses).toEqual(Array(100).fill(200));
    expect(reports(scene)).toBe(1);
  });

  it('does not send a stream twice: the 401 is the answer, and the next request has another token', async () => {
    const scene = await undiciScene(firstToken);
    const { api, dispatcher, broker } = scene;
    const { statusCode, body } = await request(api.url, {
      dispatcher,
      method: 'POST',
      body: Readable.from(['order']),
    });
    expect([statusCode, await body.json()]).toMatchObject([401, { body: 'order' }]);
    await expect.poll(async () => (await broker.token(order)).accessToken).toBe('not-a-real-token-2');
    expect([api.calls.length, reports(scene)]).toEqual([1, 1]);
  });

  it('gives the whole 401 back when no other token can be had', async () => {
    const scene = await undiciScene(firstToken);
    await scene.broker.token(order);
    scene.server.always = { status: 429, headers: { 'retry-after': '10' }, body: { error: 'slow_down' } };
    const { statusCode, body } = await request(scene.api.url, { dispatcher: scene.dispatcher });
    expect([statusCode, await body.json()]).toMatchObject([401, { status: 401 }]);
    expect(scene.api.calls).toHaveLength(1);
  });

  it('fails the request when there is no token', async () => {
    const { api, dispatcher, server } = await undiciScene();
    server.next({ status: 403, body: { error: 'access_denied', error_description: 'no' } });
    await expect(request(api.url, { dispatcher })).rejects.toMatchObject({ code: 'access_denied' });
    expect(api.calls).toEqual([]);
  });

  it('heeds an abort while it waits for a token, and while it waits for another', async () => {
    const { api, dispatcher, server, broker } = await undiciScene(firstToken);
    for (const before of [() => {}, () => broker.token(order)]) {
      await before();
      let open = () => {};
      server.gate = new Promise<void>((resolve) => (open = resolve));
      const seen = server.requests.length;
      const controller = new AbortController();
      const call = Promise.allSettled([request(api.url, { dispatcher, signal: controller.signal })]);
      await expect.poll(() => server.requests.length).toBe(seen + 1);
      controller.abort();
      open();
      expect(await call).toMatchObject([{ reason: { name: 'AbortError' } }]);
    }
    expect(api.calls.length).toBeLessThan(2);
  });
});

describe('a request that is ended while its 401 is held back', () => {
  it('is told of its end and of nothing after it', async () => {
    const { api, broker, dispatcher, server } = await undiciScene(firstToken);
    await broker.token(order);
    let open = () => {};
    server.gate = new Promise<void>((resolve) => (open = resolve));
    server.next({ status: 429, headers: { 'retry-after': '10' }, body: { error: 'slow_down' } });
    const heard: string[] = [];
    let end = (_reason: Error) => {};
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart: (controller) => (end = (reason) => controller.abort(reason)),
      onResponseStart: (_controller, status) => heard.push(`status ${status}`),
      onResponseData: () => heard.push('data'),
      onResponseEnd: () => heard.push('end'),
      onResponseError: (_controller, error) => heard.push(error.message),
    };
    dispatcher.dispatch({ origin: api.url, path: '/', method: 'GET' }, handler);
    await expect.poll(() => server.requests.length).toBe(2);
    end(new Error('had enough'));
    open();
    await expect(broker.rejected(firstToken, order)).rejects.toThrow('slow_down');
    await turn();
    expect(heard).toEqual(['had enough']);
  });
});

describe('the headers of a request', () => {
  const expected = ['a', '1', 'a', '2', 'authorization', 'Bearer x'];

  it.each([
    ['a flat list', ['a', '1', 'Authorization', 'none', 'a', '2']],
    ['an object', { a: ['1', '2'], AUTHORIZATION: 'none', b: undefined }],
    [
      'pairs',
      new Map([
        ['a', ['1', '2']],
        ['authorization', ['none']],
      ]),
    ],
  ])('may be %s', (_form, headers) => {
    expect(withAuthorization(headers as Dispatcher.DispatchOptions['headers'], 'Bearer x')).toEqual(expected);
  });

  it('may be none', () => {
    expect(withAuthorization(null, 'Bearer x')).toEqual(['authorization', 'Bearer x']);
    expect(withAuthorization(undefined, 'Bearer x')).toEqual(['authorization', 'Bearer x']);
    expect(withAuthorization(new Headers({ a: '1' }), 'Bearer x')).toEqual([
      'a',
      '1',
      'authorization',
      'Bearer x',
    ]);
  });
});
