import { describe, expect, it } from 'vitest';
import {
  ask,
  credential,
  partner,
  post,
  secret,
  someServer,
  tokenOf,
  whitelabel,
} from '../test/some-server.js';
import type { ClientRegistration } from './clients.js';

const grant = { grant_type: 'client_credentials' };

async function grantedTo(client: ClientRegistration, scope?: string) {
  const server = await someServer({ clients: [client] });
  const form = { client_id: client.clientId, ...(scope === undefined ? {} : { scope }) };
  return tokenOf(ask(server, form));
}

describe('token endpoint', () => {
  it('answers with a bearer token that may not be cached', async () => {
    const answer = await ask(await someServer(), { scope: 'create:orders api:partner' });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(await answer.json()).toEqual({
      access_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
      token_type: 'Bearer',
      expires_in: 3599,
      scope: 'create:orders api:partner',
    });
  });

  it.each([
    [whitelabel, 'api:partner create:orders role:finance-reporting role:customer-support role:application'],
    [partner('hems'), 'api:partner'],
    [partner('sales-affiliate'), 'api:partner create:orders role:finance-reporting'],
  ])('grants all assigned scopes when none is asked for: %#', async (client, scopes) => {
    expect(await grantedTo(client)).toMatchObject({ scope: scopes });
  });

  it('grants a scope that an assigned one includes', async () => {
    const client: ClientRegistration = {
      ...whitelabel,
      partnerType: undefined,
      scopes: ['role:application'],
    };
    expect(await grantedTo(client, 'role:finance-reporting')).toMatchObject({
      scope: 'role:finance-reporting',
    });
    expect(await grantedTo(client)).toMatchObject({ scope: 'role:application' });
  });

  it('needs api:partner in every request of a whitelabel partner, and of no other', async () => {
    expect(await grantedTo(whitelabel, 'create:orders')).toMatchObject({ error: 'invalid_scope' });
    expect(await grantedTo(partner('sales-affiliate'), 'create:orders')).toMatchObject({
      scope: 'create:orders',
    });
  });

  it.each<[string, Record<string, string> | [string, string][], number, string]>([
    ['no grant type', credential, 400, 'invalid_request'],
    ['an empty grant type', { ...credential, grant_type: '' }, 400, 'invalid_request'],
    ['another grant type', { ...credential, grant_type: 'password' }, 400, 'unsupported_grant_type'],
    ['an unknown scope', { ...grant, ...credential, scope: 'api:partner x' }, 400, 'invalid_scope'],
    ['a name of Object.prototype', { ...grant, ...credential, scope: 'constructor' }, 400, 'invalid_scope'],
    ['a malformed scope', { ...grant, ...credential, scope: 'api:partner  x' }, 400, 'invalid_scope'],
    ['an unknown resource', { ...grant, ...credential, resource: 'https://x' }, 400, 'invalid_target'],
    ['an unknown client', { ...grant, ...credential, client_id: 'unregistered' }, 401, 'invalid_client'],
    ['a wrong secret', { ...grant, ...credential, client_secret: 'wrong' }, 401, 'invalid_client'],
    ['no client at all', grant, 401, 'invalid_client'],
    [
      'a repeated parameter',
      [...Object.entries({ ...grant, ...credential }), ['scope', 'api:partner'], ['scope', 'api:partner']],
      400,
      'invalid_request',
    ],
  ])('refuses %s', async (_, form, status, error) => {
    const answer = await post(await someServer(), form);
    const text = await answer.text();
    expect(answer.status).toBe(status);
    expect(JSON.parse(text)).toEqual({ error, error_description: expect.stringMatching(/^[^"\\\n]+$/) });
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(text).not.toContain(secret);
  });

  it('does not grant a scope that is known but not assigned', async () => {
    expect(await grantedTo(partner('hems'), 'create:orders')).toMatchObject({ error: 'invalid_scope' });
  });

  it('refuses JSON', async () => {
    const answer = await fetch((await someServer()).tokenEndpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...grant, ...credential }),
    });
    expect([answer.status, await answer.json()]).toMatchObject([400, { error: 'invalid_request' }]);
  });

  it('issues a token for the resources asked for', async () => {
    const resources = ['https://a.example', 'https://b.example'];
    const server = await someServer({ clients: [{ ...whitelabel, resources }] });
    const form = Object.entries({ ...grant, ...credential });
    const answer = await post(server, [
      ...form,
      ...resources.map((each): [string, string] => ['resource', each]),
    ]);
    const { access_token: token } = (await answer.json()) as { access_token: string };
    expect(claims(token)).toMatchObject({ aud: resources });
  });
});

function claims(jwt: string): unknown {
  return JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString());
}
