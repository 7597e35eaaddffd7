import type { Client } from '#tokens/model/client.js';
import { ScopeSet } from '#tokens/model/scope-set.js';
import type { TokenRequest } from '#tokens/model/token-request.js';
import { AccessDenied, type DeniedPart, pluralized } from './access-denied.js';

/** One entry of `allow`, or of a policy that it names. */
export interface AllowRule {
  scopes: ScopeSet;
  /** Where it stands in the settings: `allow[0]`, `policies.readers[0]`. */
  name?: string | undefined;
  /** Authorization details (RFC 9396), as `parseAuthorizationDetails` returns them. */
  details?: readonly string[] | undefined;
  /** Its scopes are for these alone (RFC 8707); undefined: for any resource of the client, and for none. */
  resources?: readonly string[] | undefined;
}

/** A token request that was authorized. */
export interface Permit {
  request: TokenRequest;
  /** The entries that give what it asks for. */
  rule: string | undefined;
  /** What `allow` has refused where `mode: audit` grants it nevertheless. */
  excess?: AccessDenied;
}

/** What a consumer may have of one client. Every token request of a consumer is made here, before any cache is read. */
export class Entitlement {
  readonly #rules: readonly AllowRule[];

  constructor(
    readonly client: Client,
    ...rules: readonly AllowRule[]
  ) {
    this.#rules = rules;
  }

  /** Both together. */
  merge(other: Entitlement): Entitlement {
    if (other.client !== this.client) throw new TypeError('entitlements of two clients cannot be merged');
    return new Entitlement(this.client, ...this.#rules, ...other.#rules);
  }

  get allowed(): ScopeSet {
    return unionOf(this.#rules);
  }

  get resources(): readonly string[] {
    const all = this.#rules.flatMap(({ resources = this.client.options.resources }) => resources);
    return [...new Set(all)];
  }

  /**
   * @param scopes omitted: all that is allowed
   * @param resources absolute URIs (RFC 8707 §2); none where each entry names some: all of those
   * @param details as `parseAuthorizationDetails` returns them
   * @throws Failure `access_denied` naming the scopes or resources that are too much
   */
  permit(
    scopes: ScopeSet | undefined,
    resources: readonly string[],
    details: readonly string[] = [],
  ): Permit {
    const targets = resources.length === 0 ? this.#ownResources(scopes) : resources;
    this.#authorizeResources(targets);
    const rules = this.#rules.filter((rule) => isFor(targets, rule));
    const wanted = scopes ?? unionOf(rules);
    const permitted = this.#withRequired(unionOf(rules));
    this.#authorizeScopes(wanted, permitted, targets);
    this.#authorizeDetails(details);
    const request = this.client.request(wanted, [...targets, ...details]);
    // Without a scope the authorization server grants its default (RFC 6749 §3.3), which may be all the client has.
    if (request.scopes.size === 0 && this.client.options.scopes.size > 0) {
      throw this.#denied('scope', 'a token without any scope', '', permitted);
    }
    const names = this.#giving(rules, wanted).flatMap(({ name }) => name ?? []);
    return { request, rule: [...new Set(names)].join(',') || undefined };
  }

  /** All that a token of these scopes can do: the required ones are in every token anyway. */
  #withRequired(scopes: ScopeSet): ScopeSet {
    const { impliedScopes, requiredScopes } = this.client.options;
    return impliedScopes.closure(scopes.union(requiredScopes));
  }

  /** Without a resource a server grants its default one, which may be any: entries that name some mean those. */
  #ownResources(scopes: ScopeSet | undefined): readonly string[] {
    const isBound = this.#rules.length > 0 && this.#rules.every(({ resources }) => resources !== undefined);
    if (!isBound) return [];
    return [...new Set(this.#giving(this.#rules, scopes).flatMap(({ resources = [] }) => resources))];
  }

  /** Those that give some of the scopes; all of them where none does. */
  #giving(rules: readonly AllowRule[], wanted: ScopeSet | undefined): readonly AllowRule[] {
    if (wanted === undefined) return rules;
    const { impliedScopes, requiredScopes } = this.client.options;
    const rest = wanted.minus(impliedScopes.closure(requiredScopes));
    const giving = rules.filter(({ scopes }) => rest.minus(impliedScopes.closure(scopes)).size < rest.size);
    return giving.length > 0 ? giving : rules;
  }

  #authorizeResources(resources: readonly string[]): void {
    const allowed = this.resources;
    const forbidden = resources.filter((resource) => !allowed.includes(resource));
    const [resource] = forbidden;
    if (resource !== undefined)
      throw this.#denied('resource', pluralized('resource', new Set(forbidden)), resource, allowed);
  }

  #authorizeScopes(wanted: ScopeSet, permitted: ScopeSet, resources: readonly string[]): void {
    const forbidden = wanted.minus(permitted);
    const [scope] = forbidden;
    if (scope === undefined) return;
    const isOtherwiseAllowed = forbidden.minus(this.#withRequired(this.allowed)).size === 0;
    const target =
      resources.length === 0 ? 'without a resource' : `for the resources ${resources.join(', ')}`;
    const what = `${pluralized('scope', forbidden)}${isOtherwiseAllowed ? ` ${target}` : ''}`;
    throw this.#denied('scope', what, scope, permitted);
  }

  #authorizeDetails(details: readonly string[]): void {
    const allowed = this.#rules.flatMap((rule) => rule.details ?? []);
    const forbidden = details.find((detail) => !allowed.includes(detail));
    if (forbidden === undefined) return;
    const what = `the authorization detail ${forbidden}`;
    throw this.#denied('authorization_details', what, forbidden, allowed);
  }

  #denied(part: DeniedPart, what: string, name: string, allowed: Iterable<string>): AccessDenied {
    return new AccessDenied({ part, what: `${what} of the client ${this.client.name}`, name, allowed });
  }
}

/** Whether an entry gives its scopes for these resources together. */
export function isFor(
  resources: readonly string[],
  { resources: own }: Pick<AllowRule, 'resources'>,
): boolean {
  if (own === undefined) return true;
  return resources.length > 0 && resources.every((resource) => own.includes(resource));
}

function unionOf(rules: readonly AllowRule[]): ScopeSet {
  return ScopeSet.of(rules.flatMap(({ scopes }) => [...scopes]));
}
