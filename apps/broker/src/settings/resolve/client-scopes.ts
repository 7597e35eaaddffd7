import { ImpliedScopes } from '#tokens/model/implied-scopes.js';
import { ScopeSet } from '#tokens/model/scope-set.js';
import type { SettingsPath } from '../paths.js';
import type { ClientSchema } from '../schema/client.js';
import { nameParticulars } from '../schema/shown-values.js';
import type { ClientScopes } from '../settings.js';

/** @returns undefined, and faults, unless the scopes of the client go together */
export function resolveScopes(schema: ClientSchema, client: SettingsPath): ClientScopes | undefined {
  if (!client.areValid('scopes', 'impliedScopes')) return undefined;
  const implied = client.key('impliedScopes');
  const impliedScopes = resolveImplied(schema, implied);
  if (impliedScopes === undefined) return undefined;
  const scopes = ScopeSet.of(schema.scopes);
  const assigned = impliedScopes.closure(scopes);
  checkAssigned(Object.keys(schema.impliedScopes), assigned, (_, scope) => implied.key(scope));
  if (!client.areValid('requiredScopes', 'preload')) return undefined;
  const preload = client.key('preload');
  checkAssigned(schema.requiredScopes, assigned, (index) => client.key('requiredScopes').item(index));
  for (const [set, wanted] of schema.preload.entries()) {
    checkAssigned(wanted, assigned, (index) => preload.item(set).item(index));
  }
  return {
    scopes,
    impliedScopes,
    requiredScopes: ScopeSet.of(schema.requiredScopes),
    preload: Object.freeze(schema.preload.map((wanted) => ScopeSet.of(wanted))),
  };
}

function resolveImplied(schema: ClientSchema, path: SettingsPath): ImpliedScopes | undefined {
  try {
    return new ImpliedScopes(schema.impliedScopes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    path.fault('must not lead from a scope back to itself');
    return undefined;
  }
}

/** Scopes that the authorization server would refuse this client, or does not know, are typing errors. */
export function checkAssigned(
  scopes: readonly string[],
  assigned: ScopeSet,
  pathOf: (index: number, scope: string) => SettingsPath,
): void {
  for (const [index, scope] of scopes.entries()) {
    if (!assigned.has(scope)) {
      pathOf(index, scope).fault(
        "must be one of the client's scopes, or implied by one",
        nameParticulars(scope, assigned),
      );
    }
  }
}
