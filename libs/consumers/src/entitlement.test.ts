import { describe, expect, it } from 'vitest';
import { ImpliedScopes } from '#tokens/model/implied-scopes.js';
import { ScopeSet } from '#tokens/model/scope-set.js';
import { someClient } from '#test/the.js';
import { Entitlement } from './entitlement.js';

const client = someClient({
  scopes: ScopeSet.parse(
    'api:partner create:orders role:finance-reporting role:customer-support role:application',
  ),
  requiredScopes: ScopeSet.parse('api:partner'),
  impliedScopes: new ImpliedScopes({
    'role:application': ['role:customer-support'],
    'role:customer-support': ['role:finance-reporting'],
  }),
  resources: ['https://api.example', 'https://other.example'],
});

function entitledTo(scopes: string): Entitlement {
  return new Entitlement(client, ScopeSet.parse(scopes));
}

function scopesOf(entitlement: Entitlement, scopes?: string): string {
  return String(entitlement.request(scopes === undefined ? undefined : ScopeSet.parse(scopes), []).scopes);
}

describe('an entitlement', () => {
  it('gives all that is allowed when no scopes are asked for', () => {
    expect(scopesOf(entitledTo('create:orders role:customer-support'))).toBe(
      'api:partner create:orders role:customer-support',
    );
  });

  it('gives any subset of what is allowed', () => {
    expect(scopesOf(entitledTo('create:orders role:customer-support'), 'create:orders')).toBe(
      'api:partner create:orders',
    );
  });

  it('gives a role that an allowed one includes, over two steps', () => {
    expect(scopesOf(entitledTo('role:application'), 'role:finance-reporting')).toBe(
      'api:partner role:finance-reporting',
    );
  });

  it('does not give a role that includes the allowed one', () => {
    expect(() => scopesOf(entitledTo('role:finance-reporting'), 'role:application')).toThrow(
      expect.objectContaining({
        code: 'access_denied',
        message: expect.stringContaining('role:application'),
      }),
    );
  });

  it('lets a required scope be asked for, as every token has it', () => {
    expect(scopesOf(entitledTo('create:orders'), 'api:partner')).toBe('api:partner');
  });

  it('names the offending scopes only', () => {
    expect(() => scopesOf(entitledTo('create:orders'), 'role:application delete:all create:orders')).toThrow(
      'may not have the scopes delete:all, role:application of the client rabot;',
    );
  });

  it('gives the resources that the client may ask for', () => {
    const request = entitledTo('create:orders').request(undefined, ['https://other.example']);
    expect(request.resources).toEqual(['https://other.example']);
  });

  it('names the resource that the client may not ask for', () => {
    const resources = ['https://api.example', 'https://evil.example'];
    expect(() => entitledTo('create:orders').request(undefined, resources)).toThrow(
      expect.objectContaining({
        code: 'access_denied',
        message: expect.stringContaining('the resource https://evil.example of the client rabot;'),
      }),
    );
  });

  it('refuses a token request without a scope, which the authorization server would widen to its default', () => {
    const entitlement = new Entitlement(someClient(), ScopeSet.parse('create:orders'));
    expect(() => scopesOf(entitlement, '')).toThrow(expect.objectContaining({ code: 'access_denied' }));
    expect(() => scopesOf(new Entitlement(someClient(), ScopeSet.empty))).toThrow(
      expect.objectContaining({ code: 'access_denied' }),
    );
  });

  it('gives a token without a scope where the client has none', () => {
    expect(scopesOf(new Entitlement(someClient({ scopes: ScopeSet.empty }), ScopeSet.empty))).toBe('');
  });

  it('unites with another of its client, and of no other', () => {
    const united = entitledTo('create:orders').merge(entitledTo('role:customer-support'));
    expect(scopesOf(united, 'create:orders role:finance-reporting')).toBe(
      'api:partner create:orders role:finance-reporting',
    );
    const other = new Entitlement(someClient({ name: 'other' }), ScopeSet.empty);
    expect(() => united.merge(other)).toThrow(TypeError);
  });
});
