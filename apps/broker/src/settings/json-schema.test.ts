import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { settingsJsonSchema } from './json-schema.js';
import { someKey, someSettings, someStore } from '#test/settings-folder.js';

type Described = { properties?: Record<string, object> };

const schema = settingsJsonSchema();
const validate = new Ajv({ allErrors: true, strictTypes: false, allowUnionTypes: true }).compile(schema);

function read(path: string): string {
  return readFileSync(new URL(path, import.meta.url), 'utf8');
}

describe('the JSON Schema of the settings', () => {
  it('is the one that is checked in; after a change of the settings run `npm run schema`', () => {
    expect(JSON.parse(read('../../settings.schema.json'))).toEqual(JSON.parse(JSON.stringify(schema)));
  });

  it('describes every setting', () => {
    const { definitions, ...root } = schema as { definitions: Record<string, Described> };
    for (const form of [root as Described, ...Object.values(definitions)]) {
      const settings = Object.entries(form.properties ?? {});
      const undescribed = settings.filter(([, setting]) => !('description' in setting));
      expect({ ...form, undescribed }).toMatchObject({ description: expect.any(String), undescribed: [] });
    }
  });

  it('has the defaults', () => {
    expect(schema).toMatchObject({
      properties: { listen: { default: { host: '0.0.0.0', port: 8080 } } },
      definitions: {
        ManagementSchema: { properties: { port: { default: 9090 } } },
        ClientSchema: { properties: { clientAuthentication: { default: 'client_secret_basic' } } },
        RenewalSchema: { properties: { at: { default: 0.8 } } },
      },
    });
  });

  it('takes the example', () => {
    expect(validate(parse(read('../../examples/rabot.yaml')))).toBe(true);
  });

  it.each([
    someSettings(),
    someSettings({ clientSecret: ['a', { file: 'b' }], ca: { file: 'ca.pem' }, timeout: '${TIMEOUT:-10}' }),
    someSettings({
      clientSecret: undefined,
      clientAuthentication: 'private_key_jwt',
      privateKey: { file: 'k' },
    }),
    someSettings({
      clientSecret: undefined,
      grant: 'jwt-bearer',
      privateKey: ['a', { file: 'b' }],
      keyId: ['one', 'two'],
      assertion: { audience: ['a'], claims: { any: [{ thing: 1 }] }, scopeClaim: 'scope' },
    }),
    someSettings({
      clientSecret: undefined,
      clientAuthentication: 'client_assertion',
      clientAssertion: { file: 'token', type: 'jwt-spiffe' },
    }),
    someSettings({
      clientAuthentication: '${HOW}',
      tokenEndpoint: '${URL}',
      scopes: ['api:partner', '${SCOPE}'],
    }),
    someSettings({
      tokenEndpoint: 'http://localhost:4000/token',
      impliedScopes: { a: ['b'] },
      preload: [['a'], []],
    }),
    someSettings(
      {},
      { keys: ['${KEY}'], workload: { issuer: 'cluster', subject: 'x' } },
      {
        listen: { port: '${PORT}' },
        workloadIssuers: {
          cluster: { issuer: 'https://k.example', audience: 'b', bearerToken: { file: 't' } },
        },
        renewal: { at: 0.5 },
      },
    ),
    someSettings({}, {}, someStore({ url: 'rediss://:${PASSWORD}@redis', tls: { ca: { file: 'ca.pem' } } })),
    someSettings(
      {},
      {},
      someStore({ url: { file: 'url' }, lockNodes: ['redis://a', { file: 'b' }, '${C}'] }),
    ),
    someSettings({}, {}, someStore({ sentinel: { name: 'a', nodes: ['b:1', '${NODE}'] }, tls: true })),
    someSettings({}, {}, someStore({ cluster: ['redis-1:6379', '[::1]:6379'], keyPrefix: '${PREFIX}' })),
  ])('takes good settings: %j', (settings) => {
    expect([validate(JSON.parse(JSON.stringify(settings))), validate.errors]).toEqual([true, null]);
  });

  it.each<[string, object]>([
    ['an unknown setting', someSettings({ tokenEndpont: 'x' })],
    ['an unknown setting at the top', someSettings({}, {}, { stores: {} })],
    ['an empty store', someSettings({}, {}, { store: {} })],
    ['a store that is nowhere', someSettings({}, {}, someStore({}))],
    ['a store in two places', someSettings({}, {}, someStore({ url: 'redis://a', cluster: ['a:1'] }))],
    ['a store without keys', someSettings({}, {}, { store: { redis: { url: 'redis://a' } } })],
    ['a node without port', someSettings({}, {}, someStore({ cluster: ['a'] }))],
    ['two lock nodes', someSettings({}, {}, someStore({ url: 'redis://a', lockNodes: ['redis://a', 'b'] }))],
    ['TLS that is neither on nor off', someSettings({}, {}, someStore({ url: 'rediss://a', tls: 'yes' }))],
    ['a prefix with a hash tag', someSettings({}, {}, someStore({ url: 'redis://a', keyPrefix: '{a}' }))],
    ['no endpoint', someSettings({ tokenEndpoint: undefined })],
    ['two endpoints', someSettings({ issuer: 'https://auth.example' })],
    ['a bad URL', someSettings({ tokenEndpoint: 'http://auth.example' })],
    ['a missing identifier', someSettings({ clientId: undefined })],
    ['a missing secret', someSettings({ clientSecret: undefined })],
    ['a missing key', someSettings({ clientAuthentication: 'private_key_jwt' })],
    ['a grant without a key', someSettings({ clientSecret: undefined, grant: 'jwt-bearer' })],
    ['a claim of our own', someSettings({ assertion: { claims: { aud: 'x' } } })],
    ['three secrets', someSettings({ clientSecret: ['a', 'b', 'c'] })],
    ['a secret in another mapping', someSettings({ clientSecret: { path: 'a' } })],
    ['an unknown authentication', someSettings({ clientAuthentication: 'guess' })],
    ['a number out of range', someSettings({ timeout: 61 })],
    ['a number that is none', someSettings({ timeout: '10 parsecs' })],
    ['a broken number', someSettings({ defaultLifetime: 10.5 })],
    ['scopes in one text', someSettings({ scopes: 'a b' })],
    ['a scope with a space', someSettings({ preload: [['a b']] })],
    ['a parameter that is no text', someSettings({ parameters: { a: 1 } })],
    ['a consumer without credential', someSettings({}, { keys: undefined })],
    ['a key that is no hash', someSettings({}, { keys: ['planted'] })],
    ['a consumer that is allowed nothing', someSettings({}, { allow: [] })],
    ['a list of clients', { ...someSettings(), clients: [] }],
    ['no clients', { ...someSettings(), clients: {} }],
    ['a bad name', { ...someSettings(), consumers: { 'a b': { keys: [someKey], allow: [] } } }],
  ])('refuses %s', (_, settings) => {
    expect(validate(JSON.parse(JSON.stringify(settings)))).toBe(false);
  });
});
