import { describe, expect, it } from 'vitest';
import { ScopeSet } from '#tokens/model/scope-set.js';
import { someClient } from '#test/the.js';
import { wantedScopeSets } from './wanted-scope-sets.js';

const consumer = (name: string, ...allow: [client: string, scopes: string][]) => ({
  name,
  keys: [],
  mode: 'enforce' as const,
  maxRequestsPerSecond: 1_000,
  allow: allow.map(([client, scopes], index) => ({
    client,
    scopes: ScopeSet.parse(scopes),
    place: ['allow', index] as const,
  })),
});

function wanted(fields: object, ...consumers: ReturnType<typeof consumer>[]) {
  const client = someClient({ scopes: ScopeSet.parse('a b c'), ...fields });
  return wantedScopeSets(client, consumers).map(({ request, wantedBy }) => [
    String(request.scopes),
    ...wantedBy,
  ]);
}

describe('the scope sets that are wanted of a client', () => {
  it('are each distinct one once, with those who want it', () => {
    const preload = [ScopeSet.parse('a')];
    const consumers = [
      consumer('x', ['rabot', 'a']),
      consumer('y', ['other', 'c'], ['rabot', 'b'], ['rabot', 'a']),
    ];
    expect(wanted({ preload }, ...consumers)).toEqual([
      ['a', 'preload', 'x'],
      ['a b', 'y'],
    ]);
  });

  it('have the required scopes, and are that alone for who may have nothing more', () => {
    const requiredScopes = ScopeSet.parse('c');
    expect(wanted({ requiredScopes }, consumer('x', ['rabot', '']), consumer('y', ['rabot', 'a']))).toEqual([
      ['c', 'x'],
      ['a c', 'y'],
    ]);
  });

  it('are all scopes of the client when no consumer wants any', () => {
    expect(wanted({}, consumer('x', ['other', 'a']), consumer('y', ['rabot', '']))).toEqual([
      ['a b c', 'no consumer'],
    ]);
  });
});
