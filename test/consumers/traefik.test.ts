import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ConsumerScene } from './consumer-scene.js';
import { answerToProxy } from './proxy-request.js';

interface Middleware {
  chain?: { middlewares: string[] };
  headers?: { customRequestHeaders: Record<string, string> };
  forwardAuth?: {
    address: string;
    trustForwardHeader: boolean;
    authRequestHeaders: string[];
    authResponseHeaders: string[];
  };
}

const file = join(import.meta.dirname, '../../deploy/proxies/traefik.yaml');
const { http } = parse(readFileSync(file, 'utf8')) as {
  http: {
    routers: { api: { middlewares: string[]; service: string } };
    middlewares: Record<string, Middleware>;
    services: Record<string, { loadBalancer: { servers: { url: string }[] } }>;
  };
};
const chain = http.middlewares['token']!.chain!.middlewares.map((name) => http.middlewares[name]!);
const { customRequestHeaders } = chain[0]!.headers!;
const forwardAuth = chain[1]!.forwardAuth!;

/** Traefik itself is not here: what it would send by its configuration is sent to a broker. */
describe('deploy/proxies/traefik.yaml', () => {
  let scene: ConsumerScene;

  beforeAll(async () => {
    scene = await ConsumerScene.start();
  }, 120_000);
  afterAll(() => scene?.stop());

  /** The client's request after the first middleware, and of that the request of the second one. */
  function check(client: { method: string; path: string; headers: Record<string, string> }) {
    const changed = new Headers(client.headers);
    for (const [name, value] of Object.entries(customRequestHeaders)) {
      changed.set(name, value.replace('{{ env "TOKEN_BROKER_KEY" }}', scene.key));
    }
    const copied = forwardAuth.authRequestHeaders.map((name) => [name, changed.get(name)!]);
    const { pathname, search } = new URL(forwardAuth.address);
    return answerToProxy(scene.broker.consumers, {
      method: 'GET',
      path: pathname + search,
      headers: {
        ...Object.fromEntries(copied),
        'X-Forwarded-For': '127.0.0.1',
        'X-Forwarded-Host': 'api.internal',
        'X-Forwarded-Method': client.method,
        'X-Forwarded-Proto': 'http',
        'X-Forwarded-Uri': client.path,
      },
    });
  }

  it('has its key replaced by the token on every way to the API', () => {
    expect(http.routers.api.middlewares).toEqual(['token']);
    expect(chain.map((middleware) => Object.keys(middleware))).toEqual([['headers'], ['forwardAuth']]);
    expect(Object.keys(customRequestHeaders)).toEqual(['Authorization']);
    expect(forwardAuth).toMatchObject({
      trustForwardHeader: false,
      authRequestHeaders: ['Authorization'],
      authResponseHeaders: ['Authorization'],
    });
    expect(http.services).toHaveProperty(http.routers.api.service);
  });

  it.each([
    ['without a credential', {}],
    [
      'with a credential and headers of its own',
      { authorization: 'Bearer not-a-real-key', 'x-forwarded-uri': '/x' },
    ],
  ])('gets a token for a client %s', async (_, headers) => {
    const { body } = await scene.broker.get(
      '/token?client=rabot&scopes=api:partner+create:orders',
      scene.key,
    );

    const answer = await check({ method: 'POST', path: '/orders?scopes=role:finance-reporting', headers });

    const passedOn = forwardAuth.authResponseHeaders.map((name) => answer.headers[name.toLowerCase()]);
    expect(passedOn).toEqual([`Bearer ${String(body['access_token'])}`]);
    expect([answer.status, answer.body]).toEqual([200, '']);
  });
});
