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
