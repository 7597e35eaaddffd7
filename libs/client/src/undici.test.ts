import { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { Agent, type Dispatcher, fetch, interceptors, Pool, request } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import { clientScene, type ClientScene } from '../../../test/support/client-scene.js';
import { PickyApi } from '../../../test/support/picky-api.js';
import { withAuthorization } from './authorized-dispatch.js';
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

  it('obeys an abort while it waits for a token, and while it waits for another', async () => {
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

describe('the interceptor of undici and other origins', () => {
  const moved = (from: string, to: string) => `${from}/moved?${encodeURIComponent(to)}`;
  const redirect = interceptors.redirect({ maxRedirections: 5 });

  /** An API that redirects to another one, and dispatchers that follow. */
  async function redirectScene(options: { origins?: string[] } = {}) {
    const scene = await clientScene();
    const [api, elsewhere] = [await PickyApi.start(), await PickyApi.start()];
    const agent = new Agent();
    onTestFinished(() => agent.destroy());
    const token = tokenBrokerInterceptor(scene.broker, order, options);
    const authorizations = () => elsewhere.calls.map(({ headers }) => headers.authorization);
    return { ...scene, api, elsewhere, agent, token, authorizations };
  }

  it.each([
    ['above it', 1],
    ['below it', 0],
  ])(
    'undici interceptor after a redirect to another origin, followed %s: no token, no report',
    async (_, above) => {
      const scene = await redirectScene();
      const dispatcher = scene.agent.compose(above ? [scene.token, redirect] : [redirect, scene.token]);
      const { statusCode, body } = await request(moved(scene.api.url, scene.elsewhere.url), { dispatcher });
      await body.dump();
      expect([statusCode, scene.authorizations(), reports({ ...scene, dispatcher })]).toEqual([
        401,
        [undefined],
        0,
      ]);
      expect(scene.api.calls[0]?.headers.authorization).toBe(`Bearer ${firstToken}`);
    },
  );

  it('sends no token on after a redirect that fetch follows', async () => {
    const scene = await redirectScene();
    const dispatcher = scene.agent.compose(scene.token);
    expect((await fetch(moved(scene.api.url, scene.elsewhere.url), { dispatcher })).status).toBe(401);
    expect([scene.authorizations(), reports({ ...scene, dispatcher })]).toEqual([[undefined], 0]);
  });

  it('sends the token again, or reports nothing, when a redirect chain comes back', async () => {
    const scene = await redirectScene();
    const chain = () => moved(scene.api.url, moved(scene.elsewhere.url, `${scene.api.url}/orders`));
    const above = scene.agent.compose([scene.token, redirect]);
    const below = scene.agent.compose([redirect, scene.token]);
    const replies = [
      await request(chain(), { dispatcher: above }),
      await request(chain(), { dispatcher: below }),
    ];
    for (const { body } of replies) await body.dump();
    expect(replies.map(({ statusCode }) => statusCode)).toEqual([200, 401]);
    expect([scene.authorizations(), reports({ ...scene, dispatcher: above })]).toEqual([
      [undefined, undefined],
      0,
    ]);
  });

  it('sends the token to the origins listed, and leaves the Authorization of other requests alone', async () => {
    const scene = await redirectScene();
    const second = await PickyApi.start();
    const origins = [`${scene.api.url}/v1`, second.url.toUpperCase().replace('HTTP', 'http')];
    const dispatcher = scene.agent.compose(tokenBrokerInterceptor(scene.broker, order, { origins }));
    const headers = { authorization: 'Basic own' };
    for (const { url } of [scene.elsewhere, scene.api, second]) {
      await (await request(url, { dispatcher, headers })).body.dump();
    }
    expect(scene.authorizations()).toEqual(['Basic own']);
    expect([scene.api, second].map(({ calls }) => calls[0]?.headers.authorization)).toEqual(
      Array(2).fill(`Bearer ${firstToken}`),
    );
  });

  it('sends the token over a Pool, which has one origin', async () => {
    const scene = await redirectScene();
    const pool = new Pool(scene.api.url);
    onTestFinished(() => pool.destroy());
    const { statusCode, body } = await pool.compose(scene.token).request({ path: '/orders', method: 'GET' });
    await body.dump();
    expect(statusCode).toBe(200);
  });
});

describe('a request that is ended while its 401 is held back', () => {
  it('gets its error and nothing after it', async () => {
    const { api, broker, dispatcher, server } = await undiciScene(firstToken);
    await broker.token(order);
    let open = () => {};
    server.gate = new Promise<void>((resolve) => (open = resolve));
    server.next({ status: 429, headers: { 'retry-after': '10' }, body: { error: 'slow_down' } });
    const events: string[] = [];
    let end = (_reason: Error) => {};
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart: (controller) => (end = (reason) => controller.abort(reason)),
      onResponseStart: (_controller, status) => events.push(`status ${status}`),
      onResponseData: () => events.push('data'),
      onResponseEnd: () => events.push('end'),
      onResponseError: (_controller, error) => events.push(error.message),
    };
    dispatcher.dispatch({ origin: api.url, path: '/', method: 'GET' }, handler);
    await expect.poll(() => server.requests.length).toBe(2);
    end(new Error('had enough'));
    open();
    await expect(broker.rejected(firstToken, order)).rejects.toThrow('slow_down');
    await turn();
    expect(events).toEqual(['had enough']);
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
