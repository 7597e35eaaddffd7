import { isFor } from '#consumers/entitlement.js';
import type { Client } from '#tokens/model/client.js';
import type { TokenRequest } from '#tokens/model/token-request.js';
import { ScopeSet } from '#tokens/model/scope-set.js';
import type { ConsumerSettings } from '../../settings/settings.js';

export interface WantedScopeSet {
  request: TokenRequest;
  /** `preload`, and names of consumers. */
  wantedBy: string[];
}

/**
 * The distinct token requests that come of the settings: one for each preloaded scope set and one for all that each
 * consumer may have. Where there is none, that for all scopes of the client.
 */
export function wantedScopeSets(client: Client, consumers: readonly ConsumerSettings[]): WantedScopeSet[] {
  const wanted = new Map<string, WantedScopeSet>();
  const want = (scopes: ScopeSet, by: string, details: readonly string[] = []) => {
    const request = client.request(scopes, details);
    if (request.scopes.size === 0 && client.options.scopes.size > 0) return;
    const same = wanted.get(request.key) ?? { request, wantedBy: [] };
    if (!same.wantedBy.includes(by)) same.wantedBy.push(by);
    wanted.set(request.key, same);
  };
  for (const scopes of client.options.preload) want(scopes, 'preload');
  for (const { name, allow } of consumers) {
    const entries = allow.filter((one) => one.client === client.name);
    const details = entries.flatMap((one) => one.authorizationDetails ?? []);
    for (const { resources = [] } of entries) {
      const own = entries.filter((one) => isFor(resources, one)).map(({ scopes }) => scopes);
      const all = own.reduce((sum, scopes) => sum.union(scopes), ScopeSet.empty);
      want(all, name, [...resources, ...details]);
    }
  }
  if (wanted.size === 0) want(client.options.scopes, 'no consumer');
  return [...wanted.values()];
}
