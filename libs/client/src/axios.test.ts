import { Agent } from 'node:http';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import axios, { type AxiosInstance } from 'axios';
import { describe, expect, it } from 'vitest';
import { clientScene, type ClientScene } from '../../../test/support/client-scene.js';
import { PickyApi } from '../../../test/support/picky-api.js';
import { useTokenBroker } from './axios.js';

const order = { scopes: 'api:partner create:orders' };
const firstToken = 'not-a-real-token-1';

interface AxiosScene extends ClientScene {
  api: PickyApi;
  instance: AxiosInstance;
}

async function axiosScene(...disliked: string[]): Promise<AxiosScene> {
  const scene = await clientScene();
  const api = await PickyApi.start(...disliked);
  const instance = axios.create({ baseURL: api.url, proxy: false, httpAgent: new Agent({ maxSockets: 50 }) });
  useTokenBroker(instance, scene.broker, order);
  return { ...scene, api, instance };
}

const reports = ({ server }: AxiosScene) => server.calls('POST /token/rejected').length;

describe('the interceptor of axios', () => {
  it('puts the token on requests', async () => {
    const { api, instance } = await axiosScene();
    const { status, data } = await instance.get('/orders', {
      headers: { authorization: 'Basic none', 'x-own': 'kept' },
    });
    expect([status, data]).toMatchObject([200, { authorization: `Bearer ${firstToken}` }]);
    expect(api.calls[0]).toMatchObject({ path: '/orders', headers: { 'x-own': 'kept' } });
  });

  it('reports a token that is answered with 401, and repeats the request below the other interceptors', async () => {
    const scene = await axiosScene(firstToken);
    const seen: unknown[] = [];
    scene.instance.interceptors.request.use((config) => {
      seen.push(config.method);
      return config;
    });
    scene.instance.interceptors.response.use((response) => {
      seen.push(response.status);
      return response;
    });
    const { data } = await scene.instance.post('/orders', { amount: 1 });
    expect(data).toEqual({ status: 200, authorization: 'Bearer not-a-real-token-2', body: '{"amount":1}' });
    expect([scene.api.calls.length, reports(scene), seen]).toEqual([2, 1, ['post', 200]]);
  });

  it('costs a storm of a hundred requests with one rejected token one report', async () => {
    const scene = await axiosScene(firstToken);
    await scene.broker.token(order);
    const statuses = await Promise.all(
      Array.from({ length: 100 }, async () => (await scene.instance.get('/')).status),
    );
    expect(statuses).toEqual(Array(100).fill(200));
    expect(reports(scene)).toBe(1);
  });

  it('does not send a stream twice: the 401 is the answer, and the next request has another token', async () => {
    const scene = await axiosScene(firstToken);
    const call = scene.instance.post('/', Readable.from(['order']), { maxRedirects: 0 });
    await expect(call).rejects.toMatchObject({ response: { status: 401, data: { body: 'order' } } });
    await expect.poll(async () => (await scene.broker.token(order)).accessToken).toBe('not-a-real-token-2');
    expect([scene.api.calls.length, reports(scene)]).toEqual([1, 1]);
  });

  it('repeats a call whose 401 is no error to its caller, or is a stream', async () => {
    const scene = await axiosScene(firstToken, 'not-a-real-token-2');
    const { status, data } = await scene.instance.get('/', { validateStatus: null, responseType: 'stream' });
    expect(status).toBe(401);
    expect(JSON.parse(await text(data as Readable))).toMatchObject({
      authorization: 'Bearer not-a-real-token-2',
    });
    expect(scene.api.calls).toHaveLength(2);
  });

  it('gives the 401 back when no other token can be had', async () => {
    const scene = await axiosScene(firstToken);
    await scene.broker.token(order);
    scene.server.always = { status: 429, headers: { 'retry-after': '10' }, body: { error: 'slow_down' } };
    await expect(scene.instance.get('/')).rejects.toMatchObject({
      name: 'AxiosError',
      response: { status: 401, data: { status: 401 } },
    });
    expect(scene.api.calls).toHaveLength(1);
  });

  it('leaves other failures as they are', async () => {
    const { instance, server } = await axiosScene();
    await expect(instance.get('http://127.0.0.1:1/')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    server.next({ status: 403, body: { error: 'access_denied', error_description: 'no' } });
    const other = axios.create({ proxy: false });
    const { broker } = await clientScene({ url: server.url });
    useTokenBroker(other, broker, { scopes: 'other' });
    await expect(other.get('http://127.0.0.1:1/')).rejects.toMatchObject({ code: 'access_denied' });
  });

  it('is cancelled while it waits for a token as axios cancels', async () => {
    const { api, instance, server } = await axiosScene();
    let open = () => {};
    server.gate = new Promise<void>((resolve) => (open = resolve));
    const controller = new AbortController();
    const call = instance.get('/', { signal: controller.signal }).catch(axios.isCancel);
    await expect.poll(() => server.requests.length).toBe(1);
    controller.abort();
    expect(await call).toBe(true);
    open();
    expect(api.calls).toEqual([]);
  });
});

describe('the interceptor of axios and other origins', () => {
  const moved = (from: string, to: string) => `${from}/moved?${encodeURIComponent(to)}`;

  async function twoApis(...disliked: string[]) {
    const elsewhere = await PickyApi.start();
    const authorizations = () => elsewhere.calls.map(({ headers }) => headers.authorization);
    return { ...(await axiosScene(...disliked)), elsewhere, authorizations };
  }

  /** Resolves every name to 127.0.0.1, and takes any status for a good one. */
  const anyName = {
    lookup: async () => ['127.0.0.1', 4] as [string, 4],
    validateStatus: null,
  };

  it('axios with an absolute URL elsewhere: no token, no report', async () => {
    const scene = await twoApis();
    const headers = { authorization: 'Basic own' };
    const urls = [`${scene.elsewhere.url}/x`, scene.elsewhere.url.replace('http', 'HTTP')];
    for (const url of urls) await scene.instance.get(url, { headers, ...anyName });
    await expect(scene.instance.get(scene.elsewhere.url)).rejects.toMatchObject({
      response: { status: 401 },
    });
    expect(scene.authorizations()).toEqual(['Basic own', 'Basic own', undefined]);
    expect(scene.server.requests).toEqual([]);
    expect((await scene.instance.get(`${scene.api.url}/orders`)).status).toBe(200);
  });

  it('requests no token for a protocol-relative URL, which leads to another host', async () => {
    const scene = await twoApis();
    const url = scene.elsewhere.url.replace('http:', '');
    await expect(scene.instance.get(url)).rejects.toThrow('Invalid URL');
    expect([scene.authorizations(), scene.server.requests, scene.api.calls]).toEqual([[], [], []]);
  });

  it('sends no token where userinfo hides the host, or Basic credentials replace it', async () => {
    const scene = await twoApis();
    const { host: apiHost } = new URL(scene.api.url);
    const { host } = new URL(scene.elsewhere.url);
    await scene.instance.get(`http://${apiHost.replace(':', '%3A')}@${host}/`, anyName);
    await scene.instance.get('/', { auth: { username: 'a', password: 'b' }, ...anyName });
    await scene.instance.get(`http://a:b@${apiHost}/`, anyName);
    expect(scene.authorizations()).not.toContainEqual(expect.stringMatching(/^Bearer/));
    expect(scene.api.calls.map(({ headers }) => headers.authorization)).toEqual(
      Array(2).fill(`Basic ${Buffer.from('a:b').toString('base64')}`),
    );
    expect(scene.server.requests).toEqual([]);
  });

  it('sends no token on after a redirect to another origin, a subdomain included', async () => {
    const scene = await twoApis();
    const [api, user] = [new URL(scene.api.url), new URL(scene.elsewhere.url)];
    [api.hostname, user.hostname] = ['api.example', 'user.api.example'];
    const instance = axios.create({ baseURL: api.origin, proxy: false, ...anyName });
    useTokenBroker(instance, scene.broker, order);
    const statuses = [
      await instance.get(moved('', user.href)),
      await scene.instance.get(moved('', scene.elsewhere.url), anyName),
    ].map(({ status }) => status);
    expect([statuses, scene.authorizations(), reports(scene)]).toEqual([
      [401, 401],
      [undefined, undefined],
      0,
    ]);
  });

  it('does not report the 401 of a redirect chain that comes back without the token', async () => {
    const scene = await twoApis();
    const chain = moved('', moved(scene.elsewhere.url, `${scene.api.url}/orders`));
    expect((await scene.instance.get(chain, anyName)).status).toBe(401);
    expect([scene.authorizations(), reports(scene)]).toEqual([[undefined], 0]);
  });

  it('reports the 401 after a redirect within the origin', async () => {
    const scene = await twoApis(firstToken);
    const { data } = await scene.instance.get(moved('', `${scene.api.url}/orders`));
    expect(data).toMatchObject({ authorization: 'Bearer not-a-real-token-2' });
    expect(reports(scene)).toBe(1);
  });

  it('sends the token to the origins listed, whatever baseURL is', async () => {
    const scene = await twoApis();
    const instance = axios.create({ baseURL: scene.api.url, proxy: false, ...anyName });
    useTokenBroker(instance, scene.broker, order, { origins: [scene.elsewhere.url] });
    await instance.get('/');
    await instance.get(scene.elsewhere.url);
    expect(scene.api.calls.map(({ headers }) => headers.authorization)).toEqual([undefined]);
    expect(scene.authorizations()).toEqual([`Bearer ${firstToken}`]);
  });

  it('sends the token to the origin of its first request when neither baseURL nor origins are there', async () => {
    const scene = await twoApis();
    const instance = axios.create({ proxy: false, ...anyName });
    useTokenBroker(instance, scene.broker, order);
    for (const { url } of [scene.api, scene.elsewhere, scene.api]) await instance.get(url);
    expect(scene.api.calls.map(({ headers }) => headers.authorization)).toEqual(
      Array(2).fill(`Bearer ${firstToken}`),
    );
    expect(scene.authorizations()).toEqual([undefined]);
  });
});
