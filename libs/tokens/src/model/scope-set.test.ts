import { fc } from '#test/property.js';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { someClient } from '#test/the.js';
import { Failure } from './failures.js';
import { ImpliedScopes } from './implied-scopes.js';
import { ScopeSet } from './scope-set.js';

const scopeToken = fc.stringMatching(/^[\x21\x23-\x5B\x5D-\x7E]{1,8}$/);
const fewScopes = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'A'), { maxLength: 6 });

/** Scopes a..e, each of which may imply later ones: never a cycle. */
const hierarchy = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 1, max: 4 })), { maxLength: 6 })
  .map((pairs) => {
    const implied: Record<string, string[]> = {};
    for (const [from, step] of pairs) {
      (implied['abcde'[from]!] ??= []).push('abcde'[Math.min(4, from + step)]!);
    }
    return new ImpliedScopes(implied);
  });

const roles = new ImpliedScopes({
  'role:application': ['role:customer-support'],
  'role:customer-support': ['role:finance-reporting'],
});

describe('ScopeSet', () => {
  it('means the same in any order and with duplicates', () => {
    fc.assert(
      fc.property(fc.array(scopeToken), fc.array(scopeToken), (one, other) => {
        const forwards = ScopeSet.of([...one, ...other, ...one]);
        expect(ScopeSet.of([...other, ...one]).equals(forwards)).toBe(true);
        expect(ScopeSet.parse(String(forwards)).equals(forwards)).toBe(true);
      }),
    );
  });

  it('is case-sensitive', () => {
    expect(ScopeSet.parse('Read').equals(ScopeSet.parse('read'))).toBe(false);
  });

  it.each(['"', '\\', 'ä', 'a\tb', 'a\nb', '\u0000'])('refuses %j, which is no scope token', (text) => {
    expect(() => ScopeSet.parse(`read ${text}`)).toThrow(Failure);
    expect(() => ScopeSet.of([text])).toThrow(expect.objectContaining({ code: 'invalid_scope' }));
  });

  it('refuses an empty scope in a list, and overlooks extra spaces in a string', () => {
    expect(() => ScopeSet.of(['read', ''])).toThrow(Failure);
    expect(String(ScopeSet.parse('  write   read '))).toBe('read write');
  });
});

describe('ImpliedScopes', () => {
  it('makes one set of what many scopes include, not one for each', () => {
    const many = ScopeSet.of(Array.from({ length: 1_000 }, (_, n) => `scope-${n}`));
    const made = vi.spyOn(ScopeSet, 'of');
    onTestFinished(() => made.mockRestore());
    expect(roles.closure(many).equals(roles.reduce(many))).toBe(true);
    expect(made.mock.calls.length).toBeLessThanOrEqual(2);
  });

  it('includes what is implied by way of others', () => {
    expect(String(roles.closure(ScopeSet.parse('role:application')))).toBe(
      'role:application role:customer-support role:finance-reporting',
    );
    expect(String(roles.reduce(ScopeSet.parse('role:finance-reporting role:application')))).toBe(
      'role:application',
    );
  });

  it('reduces two sets alike exactly when they can do the same', () => {
    fc.assert(
      fc.property(hierarchy, fewScopes, fewScopes, (implied, a, b) => {
        const [one, other] = [ScopeSet.of(a), ScopeSet.of(b)];
        const sameReach = implied.closure(one).equals(implied.closure(other));
        expect(implied.reduce(one).equals(implied.reduce(other))).toBe(sameReach);
        expect(implied.closure(implied.reduce(one)).equals(implied.closure(one))).toBe(true);
      }),
    );
  });

  it('refuses a scope that implies itself by way of others', () => {
    expect(() => new ImpliedScopes({ a: ['b'], b: ['c'], c: ['a'] })).toThrow('implies itself');
  });

  it('is not fooled by names of the prototype', () => {
    const scopes = ScopeSet.parse('constructor toString');
    expect(ImpliedScopes.none.closure(scopes).equals(scopes)).toBe(true);
  });
});

describe('TokenRequest.key', () => {
  it('is the same for sets that can do the same, and never for distinct ones', () => {
    fc.assert(
      fc.property(hierarchy, fewScopes, fewScopes, (impliedScopes, a, b) => {
        const client = someClient({ impliedScopes });
        const [one, other] = [ScopeSet.of(a), ScopeSet.of(b)];
        const sameReach = impliedScopes.closure(one).equals(impliedScopes.closure(other));
        expect(client.request(one).key === client.request(other).key).toBe(sameReach);
      }),
    );
  });

  it('never runs scopes, resources and parameters together', () => {
    const [a, b, ab] = ['a', 'b', 'a b'].map((text) => ScopeSet.parse(text));
    const keys = [
      someClient().request(ab!),
      someClient().request(a!, ['b']),
      someClient().request(a!, ['b', 'c']),
      someClient().request(a!, ['bc']),
      someClient({ requiredScopes: b! }).request(ScopeSet.parse('a c')),
      someClient({ parameters: { b: '' } }).request(a!),
      someClient({ parameters: { b: 'c' } }).request(a!),
      someClient({ credentials: ['v1', 'b', 'c'] }).request(a!),
      someClient({ credentials: ['v2'] }).request(a!),
      someClient({ clientId: 'client-2' }).request(a!),
      someClient({ clientAuthentication: 'client_secret_post' }).request(a!),
      someClient({ authorizationServer: 'https://auth.example/' }).request(a!),
    ].map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('carries the required scopes, whether asked for or not', () => {
    const client = someClient({ requiredScopes: ScopeSet.parse('api:partner') });
    expect(client.request(ScopeSet.parse('create:orders')).key).toBe(
      client.request(ScopeSet.parse('create:orders api:partner')).key,
    );
  });
});
