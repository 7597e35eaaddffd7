import { describe, expect, it } from 'vitest';
import { ImpliedScopes } from '#tokens/model/implied-scopes.js';
import { ScopeSet } from '#tokens/model/scope-set.js';
import { someClient } from '#test/the.js';
import type { AllowSettings } from '../../settings/settings.js';
import { explanation } from './explanation.js';

const someAllow = (scopes: string, place: AllowSettings['place'] = ['allow', 0]): AllowSettings => ({
  client: 'rabot',
  scopes: ScopeSet.parse(scopes),
  place,
});

const client = someClient({
  scopes: ScopeSet.parse('api write admin'),
  requiredScopes: ScopeSet.parse('api'),
  impliedScopes: new ImpliedScopes({ admin: ['write'], write: ['read'], api: ['ping'] }),
});
const clients = new Map([[client.name, client]]);
const consumer = {
  name: 'orders',
  keys: [],
  mode: 'enforce' as const,
  maxRequestsPerSecond: 1_000,
  allow: ['write', 'read'].map((scopes, index) => someAllow(scopes, ['allow', index])),
};

const explained = (scopes: string | undefined, wish: object = {}) =>
  explanation(consumer, clients, {
    scopes: scopes === undefined ? undefined : ScopeSet.parse(scopes),
    resources: [],
    ...wish,
  });

describe('an explanation', () => {
  it.each([
    ['write', { kind: 'allowed', place: ['allow', 0] }],
    ['read', { kind: 'allowed', place: ['allow', 1] }],
    ['api', { kind: 'required' }],
    ['ping', { kind: 'required', by: 'api' }],
  ])('shows what gives %s', (scope, reason) => {
    const { scopes, refusal } = explained(scope);
    expect(refusal).toBeUndefined();
    expect(scopes).toEqual([{ scope, reason, assigned: true }]);
  });

  it('names the scope that includes another', () => {
    const allow = [someAllow('admin')];
    const wish = { scopes: ScopeSet.parse('read'), resources: [] };
    expect(explanation({ ...consumer, allow }, clients, wish).scopes[0]?.reason).toEqual({
      kind: 'allowed',
      place: ['allow', 0],
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

  it('says what `mode: audit` grants though `allow` refuses it, and never more than the client has', () => {
    const audited = { ...consumer, mode: 'audit' as const };
    const wish = (scopes: string) => ({ scopes: ScopeSet.parse(scopes), resources: [] });
    const { request, excess, refusal } = explanation(audited, clients, wish('admin'));
    expect([String(request?.scopes), excess?.code, refusal]).toEqual([
      'admin api',
      'access_denied',
      undefined,
    ]);
    expect(explanation(audited, clients, wish('other')).refusal?.code).toBe('access_denied');
    expect(explanation(audited, clients, wish('write')).excess).toBeUndefined();
  });

  it('names the policy that gives a scope', () => {
    const allow = [someAllow('write', ['policies', 'writers', 0])];
    const found = explanation({ ...consumer, allow }, clients, {
      scopes: ScopeSet.parse('write'),
      resources: [],
    });
    expect(found.rule).toBe('policies.writers[0]');
    expect(found.scopes[0]?.reason).toEqual({ kind: 'allowed', place: ['policies', 'writers', 0] });
  });

  it('refuses clients and resources that are not allowed', () => {
    expect(explained('api', { client: 'unknown' })).toMatchObject({ client: undefined, scopes: [] });
    expect(explained('api', { client: 'unknown' }).refusal?.code).toBe('access_denied');
    expect(explained('api', { resources: ['https://api.example'] }).refusal?.message).toMatch(/resource/);
  });
});
