import { describe, expect, it } from 'vitest';
import type { WireFormat } from '#tokens/model/wire-format.js';
import { ScopeSet } from '#tokens/model/scope-set.js';
import { Secret } from '#tokens/model/secret.js';
import { failureOf, setUp } from '../../../../test/oauth/own-adapter.js';
import { answer, grant } from '../../../../test/oauth/own-server.js';
import { someClient } from '#test/the.js';

const scopes = ScopeSet.parse('api:partner create:orders');

async function sent(
  wireFormat: WireFormat,
  { resources = [] as string[], headers = {} as Record<string, Secret> } = {},
) {
  const { adapter, server } = await setUp(
    (response) => grant(response),
    { headers },
    {
      clientAuthentication: 'client_secret_post',
      clientSecret: new Secret('not-a-real-secret'),
    },
  );
  await adapter.requestToken(someClient({ wireFormat, resources }).request(scopes, resources), 'v1');
  return server.received[0]!;
}

describe('headers', () => {
  it('go with each token request', async () => {
    const { headers } = await sent({}, { headers: { 'x-api-key': new Secret('not-a-real-gateway-key') } });
    expect(headers).toMatchObject({ 'x-api-key': 'not-a-real-gateway-key', accept: 'application/json' });
  });

  it('do not stand in messages when the server throws them back', async () => {
    const { adapter } = await setUp(
      (response, { headers }) =>
        answer(response, 400, { error: 'invalid_request', error_description: `no: ${headers['x-api-key']}` }),
      { headers: { 'x-api-key': new Secret('not-a-real-gateway-key') } },
    );
    const failure = await failureOf(adapter.requestToken(someClient().request(scopes), 'v1'));
    expect(failure.message).toContain('no: [redacted]');
  });
});

describe('bodyFormat', () => {
  it('json sends one object, with a list for what repeats', async () => {
    const resources = ['https://a.example', 'https://b.example'];
    const { headers, text } = await sent({ bodyFormat: 'json' }, { resources });
    expect(headers['content-type']).toBe('application/json');
    expect(JSON.parse(text)).toEqual({
      grant_type: 'client_credentials',
      scope: 'api:partner create:orders',
      resource: resources,
      client_id: 'client-1',
      client_secret: 'not-a-real-secret',
    });
  });

  it('json does not reveal a secret in the form that it has in JSON', async () => {
    const clientSecret = new Secret('not "a" real\\secret');
    const { adapter } = await setUp(
      (response, { text }) => answer(response, 400, { error: 'invalid_request', error_description: text }),
      {},
      { clientAuthentication: 'client_secret_post', clientSecret },
    );
    const request = someClient({ wireFormat: { bodyFormat: 'json' } }).request(ScopeSet.empty);
    const { message } = await failureOf(adapter.requestToken(request, 'v1'));
    expect(message).toContain('[redacted]');
    expect(message).not.toMatch(/real/);
  });
});

describe('scopeSeparator', () => {
  it('stands between scopes', async () => {
    expect((await sent({ scopeSeparator: ',' })).body.get('scope')).toBe('api:partner,create:orders');
  });
});

describe('the identity of a client', () => {
  const identity = (wireFormat?: WireFormat) => someClient({ wireFormat }).identity;

  it.each<WireFormat>([
    { bodyFormat: 'json' },
    { scopeSeparator: ',' },
    { responseFields: { access_token: 'data.token' } },
  ])('depends on %j', (wireFormat) => {
    expect(identity(wireFormat)).not.toBe(identity());
  });

  it('is that of before where all is by RFC 6749', () => {
    expect(identity({ bodyFormat: 'form', scopeSeparator: ' ', responseFields: {} })).toBe(identity());
  });
});
