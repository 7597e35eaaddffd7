import type { Client } from '#tokens/model/client.js';
import { ScopeSet } from '#tokens/model/scope-set.js';
import type { ConsumerSettings } from '../../settings/settings.js';

/** Why a consumer may have a scope. `by` is the scope that includes it, when it is not written out itself. */
export type Ground =
  | { kind: 'required'; by?: string }
  /** `index` counts the entries of `allow`. */
  | { kind: 'allowed'; index: number; by?: string };

/** Undefined when nothing in the settings gives it. */
export function groundOf(scope: string, client: Client, { allow }: ConsumerSettings): Ground | undefined {
  const { requiredScopes } = client.options;
  if (requiredScopes.has(scope)) return { kind: 'required' };
  const entries = allow
    .map((entry, index) => ({ ...entry, index }))
    .filter((one) => one.client === client.name);
  const direct = entries.find(({ scopes }) => scopes.has(scope));
  if (direct !== undefined) return { kind: 'allowed', index: direct.index };
  for (const { scopes, index } of entries) {
    const by = includer(scope, scopes, client);
    if (by !== undefined) return { kind: 'allowed', index, by };
  }
  const by = includer(scope, requiredScopes, client);
  return by === undefined ? undefined : { kind: 'required', by };
}

/** The one of these scopes that includes it, directly or by way of others. */
export function includer(scope: string, scopes: Iterable<string>, { options }: Client): string | undefined {
  return [...scopes].find(
    (one) => one !== scope && options.impliedScopes.closure(ScopeSet.of([one])).has(scope),
  );
}
