import { describe, expect, it } from 'vitest';
import { clientScene, type ClientScene } from '../../../test/support/client-scene.js';
import { PickyApi } from '../../../test/support/picky-api.js';

const order = { scopes: 'api:partner create:orders' };
const firstToken = 'not-a-real-token-1';

interface FetchScene extends ClientScene {
  api: PickyApi;
}

async function fetchScene(...disliked: string[]): Promise<FetchScene> {
  return { ...(await clientScene()), api: await PickyApi.start(...disliked) };
}

function streamOf(content: string): ReadableStream {
  return new Blob([content]).stream();
}

const reports = ({ server }: FetchScene) => server.calls('POST /token/rejected').length;

describe('fetch', () => {
  it('puts the token on a call, over an Authorization of its own', async () => {
    const { api, broker } = await fetchScene();
    const init = { method: 'POST', body: 'order', headers: { authorization: 'Basic none', 'x-own': 'kept' } };
    expect((await broker.fetch(`${api.url}/orders`, init, order)).status).toBe(200);
    await broker.fetch(new Request(api.url, { headers: { 'x-own': 'kept' } }), undefined, order);
    await broker.fetch(new URL(api.url), undefined, order);
    expect(api.calls.map(({ headers }) => headers.authorization)).toEqual(
      Array(3).fill(`Bearer ${firstToken}`),
    );
    expect(api.calls.map(({ headers }) => headers['x-own'])).toEqual(['kept', 'kept', undefined]);
    expect(api.calls[0]).toMatchObject({ method: 'POST', path: '/orders', body: 'order' });
  });

  it('reports a token that is answered with 401, and repeats the call with another', async () => {
    const scene = await fetchScene(firstToken);
    const response = await scene.broker.fetch(scene.api.url, { method: 'POST', body: 'order' }, order);
    expect(await response.json()).toEqual({
      status: 200,
      authorization: 'Bearer not-a-real-token-2',
      body: 'order',
    });
    expect([scene.api.calls.length, reports(scene)]).toEqual([2, 1]);
  });

  it('costs a storm of a thousand calls with one rejected token one report', async () => {
    const callsWith: Record<string, number> = {};
    // A thousand connections at once would be a test of the machine.
    const network: typeof fetch = async (input, init) => {
      if (input !== 'https://api.example/') return fetch(input, init);
      const authorization = new Headers(init?.headers).get('authorization') ?? '';
      callsWith[authorization] = (callsWith[authorization] ?? 0) + 1;
      return new Response(null, { status: authorization === `Bearer ${firstToken}` ? 401 : 200 });
    };
    const { broker, server } = await clientScene({ fetch: network });
    await broker.token(order);
    const calls = Array.from({ length: 1_000 }, () => broker.fetch('https://api.example/', {}, order));
    expect((await Promise.all(calls)).map(({ status }) => status)).toEqual(Array(1_000).fill(200));
    expect(callsWith).toEqual({ [`Bearer ${firstToken}`]: 1_000, 'Bearer not-a-real-token-2': 1_000 });
    expect(server.calls('POST /token/rejected')).toHaveLength(1);
  });

  it('repeats a call once: a second 401 is the answer', async () => {
    const scene = await fetchScene(firstToken, 'not-a-real-token-2');
    const response = await scene.broker.fetch(scene.api.url, {}, order);
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ authorization: 'Bearer not-a-real-token-2' });
    expect([scene.api.calls.length, reports(scene)]).toEqual([2, 1]);
  });

  it.each([
    ['a text', 'order'],
    ['a form', new URLSearchParams({ a: 'order' })],
    ['bytes', new TextEncoder().encode('order')],
    ['a buffer', new TextEncoder().encode('order').buffer],
    ['a blob', new Blob(['order'])],
    ['nothing', null],
  ])('sends %s twice', async (_what, body) => {
    const scene = await fetchScene(firstToken);
    const init = { method: 'POST', body: body as BodyInit | null };
    expect((await scene.broker.fetch(scene.api.url, init, order)).status).toBe(200);
    expect(scene.api.calls).toHaveLength(2);
    expect(scene.api.calls[0]!.body).toBe(scene.api.calls[1]!.body);
  });

  it.each([
    ['a stream', (url: string) => [url, streamOf('order')] as const],
    [
      'the body of a request',
      (url: string) => [new Request(url, { method: 'POST', body: 'order' }), undefined] as const,
    ],
  ])(
    'does not send %s twice: the 401 is the answer, and the next call has another token',
    async (_what, parts) => {
      const scene = await fetchScene(firstToken);
      const [input, body] = parts(scene.api.url);
      const init = body === undefined ? undefined : { method: 'POST', body, duplex: 'half' };
      const response = await scene.broker.fetch(input, init as RequestInit | undefined, order);
      expect(await response.json()).toMatchObject({ status: 401, body: 'order' });
      expect(scene.api.calls).toHaveLength(1);
      await expect.poll(async () => (await scene.broker.token(order)).accessToken).toBe('not-a-real-token-2');
      expect([scene.api.calls.length, reports(scene)]).toEqual([1, 1]);
    },
  );

  it('gives the 401 back when no other token can be had', async () => {
    const scene = await fetchScene(firstToken);
    await scene.broker.token(order);
    scene.server.always = { status: 429, headers: { 'retry-after': '10' }, body: { error: 'slow_down' } };
    const statuses = await Promise.all(
      Array.from({ length: 100 }, async () => {
        const response = await scene.broker.fetch(scene.api.url, {}, order);
        return [response.status, ((await response.json()) as { status: number }).status];
      }),
    );
    expect(new Set(statuses.flat())).toEqual(new Set([401]));
    expect([scene.api.calls.length, reports(scene)]).toEqual([100, 1]);
  });

  it('gives the 401 back when the other token is the same', async () => {
    const scene = await fetchScene('not-a-real-one');
    scene.server.always = { body: { access_token: 'not-a-real-one' } };
    expect((await scene.broker.fetch(scene.api.url, {}, order)).status).toBe(401);
    expect(scene.api.calls).toHaveLength(1);
  });

  it('obeys the signal of a call while it waits for a token, of a Request too', async () => {
    const { api, broker, server } = await fetchScene();
    let open = () => {};
    server.gate = new Promise<void>((resolve) => (open = resolve));
    const controller = new AbortController();
    const { signal } = controller;
    const calls = [
      broker.fetch(api.url, { signal }, order),
      broker.fetch(new Request(api.url, { signal }), undefined, order),
    ];
    const outcomes = Promise.allSettled(calls);
    controller.abort();
    expect((await outcomes).map((one) => one.status === 'rejected' && (one.reason as Error).name)).toEqual([
      'AbortError',
      'AbortError',
    ]);
    open();
    expect(api.calls).toEqual([]);
  });

  it('fails as the broker does when there is no token', async () => {
    const { api, broker, server } = await fetchScene();
    server.next({ status: 403, body: { error: 'access_denied', error_description: 'no' } });
    await expect(broker.fetch(api.url, {}, order)).rejects.toMatchObject({ code: 'access_denied' });
    expect(api.calls).toEqual([]);
  });
});

describe('fetch and other origins', () => {
  const moved = (from: string, to: string) => `${from}/moved?${encodeURIComponent(to)}`;

  it('does not report the 401 of another origin after a redirect, which got no token', async () => {
    const scene = await fetchScene();
    const elsewhere = await PickyApi.start();
    expect((await scene.broker.fetch(moved(scene.api.url, elsewhere.url), {}, order)).status).toBe(401);
    expect(elsewhere.calls.map(({ headers }) => headers.authorization)).toEqual([undefined]);
    expect(reports(scene)).toBe(0);
  });

  it('reports the 401 after a redirect within the origin', async () => {
    const scene = await fetchScene(firstToken);
    const response = await scene.broker.fetch(moved(scene.api.url, `${scene.api.url}/orders`), {}, order);
    expect(await response.json()).toMatchObject({ authorization: 'Bearer not-a-real-token-2' });
    expect(reports(scene)).toBe(1);
  });

  it.each([
    ['a text', (url: string) => url],
    ['a Request', (url: string) => new Request(url, { headers: { 'x-own': 'kept' } })],
  ])(
    'does not report the 401 of a redirect chain that comes back without the token, of %s',
    async (_, input) => {
      const scene = await fetchScene();
      const elsewhere = await PickyApi.start();
      const chain = moved(scene.api.url, moved(elsewhere.url, `${scene.api.url}/orders`));
      const response = await scene.broker.fetch(input(chain), undefined, order);
      expect(await response.json()).toMatchObject({ status: 200, authorization: `Bearer ${firstToken}` });
      expect(elsewhere.calls.map(({ headers }) => headers.authorization)).toEqual([undefined]);
      expect(reports(scene)).toBe(0);
    },
  );

  it('sends no token to origins that the client does not list, of a Request or a URL too', async () => {
    const [api, elsewhere] = [await PickyApi.start(), await PickyApi.start()];
    const scene = { ...(await clientScene({ origins: [api.url] })), api };
    const inputs = [elsewhere.url, new URL(elsewhere.url), new Request(elsewhere.url)];
    for (const input of inputs) expect((await scene.broker.fetch(input, {}, order)).status).toBe(401);
    expect(elsewhere.calls.map(({ headers }) => headers.authorization)).toEqual(Array(3).fill(undefined));
    expect(scene.server.requests).toEqual([]);
    expect((await scene.broker.fetch(`${api.url}/orders`, {}, order)).status).toBe(200);
  });

  it.each(['api.example', 'ftp://api.example', 'https://user:word@api.example', ''])(
    'does not accept %j as an origin',
    async (origin) => {
      await expect(clientScene({ origins: [origin] })).rejects.toThrow(TypeError);
    },
  );
});
