import { describe, expect, it } from 'vitest';
import { ImpliedScopes } from '#tokens/model/implied-scopes.js';
import { ScopeSet } from '#tokens/model/scope-set.js';
import { someClient } from '#test/the.js';
import { explanation } from './explanation.js';

const client = someClient({
  scopes: ScopeSet.parse('api write admin'),
  requiredScopes: ScopeSet.parse('api'),
  impliedScopes: new ImpliedScopes({ admin: ['write'], write: ['read'], api: ['ping'] }),
});
const clients = new Map([[client.name, client]]);
const consumer = {
  name: 'orders',
  keys: [],
  maxRequestsPerSecond: 1_000,
  allow: ['write', 'read'].map((scopes) => ({ client: 'rabot', scopes: ScopeSet.parse(scopes) })),
};

const explained = (scopes: string | undefined, wish: object = {}) =>
  explanation(consumer, clients, {
    scopes: scopes === undefined ? undefined : ScopeSet.parse(scopes),
    resources: [],
    ...wish,
  });

describe('an explanation', () => {
  it.each([
    ['write', { kind: 'allowed', index: 0 }],
    ['read', { kind: 'allowed', index: 1 }],
    ['api', { kind: 'required' }],
    ['ping', { kind: 'required', by: 'api' }],
  ])('shows what gives %s', (scope, reason) => {
    const { scopes, refusal } = explained(scope);
    expect(refusal).toBeUndefined();
    expect(scopes).toEqual([{ scope, reason, assigned: true }]);
  });

  it('names the scope that includes another', () => {
    const allow = [{ client: 'rabot', scopes: ScopeSet.parse('admin') }];
    const wish = { scopes: ScopeSet.parse('read'), resources: [] };
    expect(explanation({ ...consumer, allow }, clients, wish).scopes[0]?.reason).toEqual({
      kind: 'allowed',
      index: 0,
      by: 'admin',
    });
  });

  it('gives the very request that the broker would make', () => {
    const { request } = explained('read write');
    expect(String(request?.scopes)).toBe('api write');
    expect(request?.key).toBe(client.request(ScopeSet.parse('write')).key);
    expect(String(explained(undefined).request?.scopes)).toBe('api write');
  });

  it('names what nothing gives, and whether the client has it at all', () => {
    const { scopes, refusal, request } = explained('admin other');
    expect(request).toBeUndefined();
    expect(refusal).toMatchObject({ code: 'access_denied' });
    expect(scopes).toEqual([
      { scope: 'admin', reason: undefined, assigned: true },
      { scope: 'other', reason: undefined, assigned: false },
    ]);
  });

  it('refuses clients and resources that are not allowed', () => {
    expect(explained('api', { client: 'unknown' })).toMatchObject({ client: undefined, scopes: [] });
    expect(explained('api', { client: 'unknown' }).refusal?.code).toBe('access_denied');
    expect(explained('api', { resources: ['https://api.example'] }).refusal?.message).toMatch(/resource/);
  });
});
