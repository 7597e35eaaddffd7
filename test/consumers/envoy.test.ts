import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { someKey } from '#test/broker-process.js';
import { consumer } from '#test/partner.js';
import { ConsumerScene } from './consumer-scene.js';
import { answerToProxy } from './proxy-request.js';

interface Named {
  name: string;
  typed_config: Record<string, unknown>;
}

interface ExtAuthz {
  failure_mode_allow: boolean;
  status_on_error: { code: string };
  http_service: {
    server_uri: { uri: string; cluster: string };
    path_prefix: string;
    authorization_request: { headers_to_add: { key: string; value: string }[] };
    authorization_response: { allowed_upstream_headers: { patterns: { exact: string }[] } };
  };
}

const file = join(import.meta.dirname, '../../deploy/proxies/envoy.yaml');
const { static_resources: resources } = parse(readFileSync(file, 'utf8')) as {
  static_resources: {
    listeners: { filter_chains: { filters: Named[] }[] }[];
    clusters: { name: string }[];
  };
};
const manager = resources.listeners[0]!.filter_chains[0]!.filters[0]!.typed_config;
const filters = manager['http_filters'] as Named[];
const extAuthz = filters[1]!.typed_config as unknown as ExtAuthz;
const { http_service: service } = extAuthz;
const reader = someKey();

/** Envoy itself is not here: what it would send by its configuration is sent to a broker. */
describe('deploy/proxies/envoy.yaml', () => {
  let scene: ConsumerScene;

  beforeAll(async () => {
    scene = await ConsumerScene.start({ consumers: { reader: consumer(reader, ['api:partner']) } });
  }, 120_000);
  afterAll(() => scene?.stop());

  /** The request of the filter: the client's method and host, its path behind the prefix, and the added headers. */
  function check(path: string, { method = 'GET', key = scene.key } = {}) {
    const added = service.authorization_request.headers_to_add.map(({ key: name, value }) => [
      name,
      value.replace('%ENVIRONMENT(TOKEN_BROKER_KEY)%', key),
    ]);
    return answerToProxy(scene.broker.consumers, {
      method,
      path: service.path_prefix + path,
      headers: { host: 'api.internal', 'content-length': '0', ...Object.fromEntries(added) },
    });
  }

  it('removes what the client sends before it asks, and asks before it calls', () => {
    expect(filters.map(({ name }) => name)).toEqual([
      'envoy.filters.http.header_mutation',
      'envoy.filters.http.ext_authz',
      'envoy.filters.http.router',
    ]);
    expect(filters[0]!.typed_config['mutations']).toEqual({
      request_mutations: [{ remove: 'authorization' }],
    });
    expect(manager['normalize_path']).toBe(true);
  });

  it('has types of Envoy, and clusters that there are', () => {
    const types = [...readFileSync(file, 'utf8').matchAll(/'@type': (\S+)/g)].map(([, type]) => type);
    expect(types).toHaveLength(5);
    for (const type of types)
      expect(type).toMatch(/^type\.googleapis\.com\/envoy\.extensions\.[\w.]+\.v3\.\w+$/);
    expect(resources.clusters.map(({ name }) => name)).toEqual([service.server_uri.cluster, 'api']);
    expect(JSON.stringify(manager['route_config'])).toContain('"cluster":"api"');
  });

  it("lets no call through without a token, and tells no refusal as the client's", () => {
    expect(extAuthz.failure_mode_allow).toBe(false);
    expect(extAuthz.status_on_error).toEqual({ code: 'ServiceUnavailable' });
    const { mappers } = manager['local_reply_config'] as { mappers: object[] };
    expect(mappers).toEqual([
      {
        filter: {
          and_filter: {
            filters: [
              { response_flag_filter: { flags: ['UAEX'] } },
              {
                status_code_filter: {
                  comparison: { op: 'LE', value: { default_value: 499, runtime_key: expect.any(String) } },
                },
              },
            ],
          },
        },
        status_code: 502,
      },
    ]);
  });

  it.each([
    ['GET', '/orders'],
    ['POST', '/orders/5?client=other&scopes=role:finance-reporting'],
    ['DELETE', '/'],
    ['OPTIONS', '/a%2Fb%20c?x=%26'],
    ['GET', '/../../other/role:finance-reporting/'],
    ['GET', '//other'],
  ])('gets the token of its prefix for %s %s', async (method, path) => {
    const { body } = await scene.broker.get(
      '/token?client=rabot&scopes=api:partner+create:orders',
      scene.key,
    );

    const answer = await check(path, { method });

    const passedOn = service.authorization_response.allowed_upstream_headers.patterns.map(
      ({ exact }) => exact,
    );
    expect(passedOn.map((name) => answer.headers[name])).toEqual([`Bearer ${String(body['access_token'])}`]);
    expect([answer.status, answer.body]).toEqual([200, '']);
  });

  it.each([
    ['does not know its key', { key: 'not-a-real-key' }, 401],
    ['forbids it a scope', { key: reader.key }, 403],
  ])('gets what it makes a 502 when the broker %s', async (_, options, status) => {
    expect(await check('/orders', options)).toMatchObject({ status });
  });
});
