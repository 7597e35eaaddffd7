import { fc } from '#test/property.js';
import { describe, expect, it } from 'vitest';
import { Failure } from '#tokens/model/failures.js';
import { ImpliedScopes } from '#tokens/model/implied-scopes.js';
import { ScopeSet } from '#tokens/model/scope-set.js';
import type { TokenRequest } from '#tokens/model/token-request.js';
import { someClient } from '#test/the.js';
import { Entitlement } from './entitlement.js';

const names = ['a', 'b', 'c', 'd', 'e', 'f'];
const someScopes = fc.subarray(names).map((scopes) => ScopeSet.of(scopes));

/** A scope implies later ones only, so that none implies itself. */
const someImpliedScopes = fc
  .tuple(
    ...names.map((name, index) => fc.subarray(names.slice(index + 1)).map((below) => [name, below] as const)),
  )
  .map((pairs) => new ImpliedScopes(Object.fromEntries(pairs)));

const someEntitlement = fc
  .record({ allowed: someScopes, requiredScopes: someScopes, impliedScopes: someImpliedScopes })
  .map(({ allowed, ...options }) => {
    return new Entitlement(someClient({ scopes: ScopeSet.of(names), ...options }), { scopes: allowed });
  });

function granted(entitlement: Entitlement, scopes: ScopeSet | undefined): TokenRequest | undefined {
  try {
    return entitlement.permit(scopes, []).request;
  } catch (failure) {
    if (failure instanceof Failure && failure.code === 'access_denied') return undefined;
    throw failure;
  }
}

/** All that may be had of the entitlement's client. */
function ceiling({ client, allowed }: Entitlement): ScopeSet {
  return client.options.impliedScopes.closure(allowed.union(client.options.requiredScopes));
}

describe('any entitlement', () => {
  it('never gives a request that can do more than what is allowed and required', () => {
    fc.assert(
      fc.property(someEntitlement, fc.option(someScopes, { nil: undefined }), (entitlement, scopes) => {
        const request = granted(entitlement, scopes);
        const excess =
          request &&
          entitlement.client.options.impliedScopes.closure(request.scopes).minus(ceiling(entitlement));
        expect(excess?.size ?? 0).toBe(0);
      }),
    );
  });

  it('gives whatever is within what is allowed and required, unless that is nothing', () => {
    fc.assert(
      fc.property(someEntitlement, someScopes, (entitlement, scopes) => {
        const within = scopes.minus(ceiling(entitlement)).size === 0;
        const something = scopes.union(entitlement.client.options.requiredScopes).size > 0;
        expect(granted(entitlement, scopes) !== undefined).toBe(within && something);
      }),
    );
  });

  it('gives the same key for any order and duplication', () => {
    const wish = fc
      .array(fc.constantFrom(...names), { minLength: 1 })
      .chain((scopes) =>
        fc.tuple(fc.constant(scopes), fc.shuffledSubarray(scopes, { minLength: scopes.length })),
      );
    fc.assert(
      fc.property(someEntitlement, wish, (entitlement, [scopes, shuffled]) => {
        const one = granted(entitlement, ScopeSet.parse(scopes.join(' ')));
        const other = granted(entitlement, ScopeSet.parse([...shuffled, ...scopes].join('  ')));
        expect(other?.key).toBe(one?.key);
      }),
    );
  });

  it('gives the same key exactly when the reduced scopes are the same', () => {
    fc.assert(
      fc.property(someEntitlement, someScopes, someScopes, (entitlement, scopes, otherScopes) => {
        const one = granted(entitlement, scopes);
        const other = granted(entitlement, otherScopes);
        fc.pre(one !== undefined && other !== undefined);
        expect(one.key === other.key).toBe(one.scopes.equals(other.scopes));
      }),
    );
  });
});
