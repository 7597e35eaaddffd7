import { ImpliedScopes } from '#tokens/model/implied-scopes.js';
import { ScopeSet } from '#tokens/model/scope-set.js';
import type { ClientForm } from '../schema/client-form.js';
import type { Place } from '../place.js';
import type { ClientScopes } from '../settings.js';

/** @returns undefined, and faults, unless the scopes of the client go together */
export function resolveScopes(form: ClientForm, client: Place): ClientScopes | undefined {
  if (!client.cleanAt('scopes', 'impliedScopes')) return undefined;
  const impliedScopes = resolveImplied(form, client.key('impliedScopes'));
  if (impliedScopes === undefined) return undefined;
  const scopes = ScopeSet.of(form.scopes);
  const assigned = impliedScopes.closure(scopes);
  checkAssigned(Object.keys(form.impliedScopes), assigned, (_, scope) =>
    client.key('impliedScopes').key(scope),
  );
  if (!client.cleanAt('requiredScopes', 'preload')) return undefined;
  const preload = client.key('preload');
  checkAssigned(form.requiredScopes, assigned, (index) => client.key('requiredScopes').item(index));
  for (const [set, wanted] of form.preload.entries()) {
    checkAssigned(wanted, assigned, (index) => preload.item(set).item(index));
  }
  return {
    scopes,
    impliedScopes,
    requiredScopes: ScopeSet.of(form.requiredScopes),
    preload: Object.freeze(form.preload.map((wanted) => ScopeSet.of(wanted))),
  };
}

/** Scopes that the authorization server would refuse this client, or does not know, are typing errors. */
export function checkAssigned(
  scopes: readonly string[],
  assigned: ScopeSet,
  placeOf: (index: number, scope: string) => Place,
): void {
  for (const [index, scope] of scopes.entries()) {
    if (!assigned.has(scope)) {
      placeOf(index, scope).fault("must be one of the client's scopes, or implied by one");
    }
  }
}

function resolveImplied(form: ClientForm, place: Place): ImpliedScopes | undefined {
  try {
    return new ImpliedScopes(form.impliedScopes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    place.fault('must not lead from a scope back to itself');
    return undefined;
  }
}
