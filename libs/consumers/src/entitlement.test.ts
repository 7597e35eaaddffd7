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
  return new Entitlement(client, { scopes: ScopeSet.parse(scopes) });
}

function scopesOf(entitlement: Entitlement, scopes?: string): string {
  return String(
    entitlement.permit(scopes === undefined ? undefined : ScopeSet.parse(scopes), []).request.scopes,
  );
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
    const request = entitledTo('create:orders').permit(undefined, ['https://other.example']).request;
    expect(request.resources).toEqual(['https://other.example']);
  });

  it('names the resource that the client may not ask for', () => {
    const resources = ['https://api.example', 'https://evil.example'];
    expect(() => entitledTo('create:orders').permit(undefined, resources).request).toThrow(
      expect.objectContaining({
        code: 'access_denied',
        message: expect.stringContaining('the resource https://evil.example of the client rabot;'),
      }),
    );
  });

  it('refuses a token request without a scope, which the authorization server would widen to its default', () => {
    const entitlement = new Entitlement(someClient(), { scopes: ScopeSet.parse('create:orders') });
    expect(() => scopesOf(entitlement, '')).toThrow(expect.objectContaining({ code: 'access_denied' }));
    expect(() => scopesOf(new Entitlement(someClient(), { scopes: ScopeSet.empty }))).toThrow(
      expect.objectContaining({ code: 'access_denied' }),
    );
  });

  it('gives a token without a scope where the client has none', () => {
    expect(
      scopesOf(new Entitlement(someClient({ scopes: ScopeSet.empty }), { scopes: ScopeSet.empty })),
    ).toBe('');
  });

  it('unites with another of its client, and of no other', () => {
    const united = entitledTo('create:orders').merge(entitledTo('role:customer-support'));
    expect(scopesOf(united, 'create:orders role:finance-reporting')).toBe(
      'api:partner create:orders role:finance-reporting',
    );
    const other = new Entitlement(someClient({ name: 'other' }), { scopes: ScopeSet.empty });
    expect(() => united.merge(other)).toThrow(TypeError);
  });
});

describe('an entitlement whose entries have resources', () => {
  const entry = (scope: string, ...resources: string[]) => ({
    scopes: ScopeSet.parse(scope),
    name: scope,
    resources: resources.map((name) => `https://${name}.example`),
  });
  const permit = (entitlement: Entitlement, scopes: string | undefined, ...resources: string[]) =>
    entitlement.permit(
      scopes === undefined ? undefined : ScopeSet.parse(scopes),
      resources.map((name) => `https://${name}.example`),
    );
  const bound = new Entitlement(
    client,
    entry('create:orders', 'api'),
    entry('role:application', 'api', 'other'),
  );

  it.each<[string | undefined, string[], string, string[], string]>([
    [
      undefined,
      ['api'],
      'api:partner create:orders role:application',
      ['api'],
      'create:orders,role:application',
    ],
    [undefined, ['other'], 'api:partner role:application', ['other'], 'role:application'],
    ['create:orders', [], 'api:partner create:orders', ['api'], 'create:orders'],
    ['role:customer-support', [], 'api:partner role:customer-support', ['api', 'other'], 'role:application'],
    [undefined, [], 'api:partner role:application', ['api', 'other'], 'role:application'],
  ])('gives %s for the resources %j', (scopes, resources, given, targets, rule) => {
    const { request, rule: by } = permit(bound, scopes, ...resources);
    expect([String(request.scopes), request.resources, by]).toEqual([
      given,
      targets.map((name) => `https://${name}.example`),
      rule,
    ]);
  });

  it('gives no scope for the resource of another entry', () => {
    expect(() => permit(bound, 'create:orders', 'other')).toThrow(
      'the scope create:orders for the resources https://other.example of the client rabot;',
    );
    expect(() => permit(bound, 'create:orders role:application')).toThrow(
      'the scope create:orders for the resources',
    );
  });

  it('does not widen an entry without resources, nor is widened by it', () => {
    const mixed = new Entitlement(
      client,
      { scopes: ScopeSet.parse('create:orders') },
      entry('role:application', 'api'),
    );
    expect(String(permit(mixed, undefined).request.scopes)).toBe('api:partner create:orders');
    expect(permit(mixed, undefined).request.resources).toEqual([]);
    expect(String(permit(mixed, 'role:application', 'api').request.scopes)).toBe(
      'api:partner role:application',
    );
    expect(() => permit(mixed, 'role:application')).toThrow('without a resource');
    expect(() => permit(mixed, 'role:application', 'other')).toThrow('for the resources');
  });
});
