import type { Client } from '#tokens/model/client.js';
import type { ScopeSet } from '#tokens/model/scope-set.js';
import type { TokenRequest } from '#tokens/model/token-request.js';
import { AccessDenied, type DeniedPart, pluralized } from './access-denied.js';

/** What a consumer may have of one client. Every token request of a consumer is made here, before any cache is read. */
export class Entitlement {
  /** All that a token of this entitlement can do: the required scopes are in every token anyway. */
  readonly #permitted: ScopeSet;

  constructor(
    readonly client: Client,
    readonly allowed: ScopeSet,
    /** Where it stands in the settings of its consumer: `allow[0]`. */
    readonly rule?: string,
    /** Authorization details (RFC 9396), as `parseAuthorizationDetails` returns them. */
    readonly allowedDetails: readonly string[] = [],
  ) {
    const { impliedScopes, requiredScopes } = client.options;
    this.#permitted = impliedScopes.closure(allowed.union(requiredScopes));
  }

  /** Both together. */
  merge(other: Entitlement): Entitlement {
    if (other.client !== this.client) throw new TypeError('entitlements of two clients cannot be merged');
    const rules = [this.rule, other.rule].filter((rule) => rule !== undefined);
    const details = [...this.allowedDetails, ...other.allowedDetails];
    return new Entitlement(
      this.client,
      this.allowed.union(other.allowed),
      rules.join(',') || undefined,
      details,
    );
  }

  /**
   * @param scopes omitted: all that is allowed
   * @param resources absolute URIs (RFC 8707 §2)
   * @param details as `parseAuthorizationDetails` returns them
   * @throws Failure `access_denied` naming the scopes or resources that are too much
   */
  request(
    scopes: ScopeSet | undefined,
    resources: readonly string[],
    details: readonly string[] = [],
  ): TokenRequest {
    const wanted = scopes ?? this.allowed;
    this.#authorize(wanted, resources);
    this.#authorizeDetails(details);
    const request = this.client.request(wanted, [...resources, ...details]);
    // Without a scope the authorization server grants its default (RFC 6749 §3.3), which may be all the client has.
    if (request.scopes.size === 0 && this.client.options.scopes.size > 0) {
      throw this.#denied('scope', 'a token without any scope', '', this.#permitted);
    }
    return request;
  }

  #authorize(scopes: ScopeSet, resources: readonly string[]): void {
    const forbiddenScopes = scopes.minus(this.#permitted);
    const [scope] = forbiddenScopes;
    if (scope !== undefined)
      throw this.#denied('scope', pluralized('scope', forbiddenScopes), scope, this.#permitted);
    const { resources: allowed } = this.client.options;
    const forbidden = resources.filter((resource) => !allowed.includes(resource));
    const [resource] = forbidden;
    if (resource !== undefined)
      throw this.#denied('resource', pluralized('resource', new Set(forbidden)), resource, allowed);
  }

  #authorizeDetails(details: readonly string[]): void {
    const forbidden = details.find((detail) => !this.allowedDetails.includes(detail));
    if (forbidden === undefined) return;
    const what = `the authorization detail ${forbidden}`;
    throw this.#denied('authorization_details', what, forbidden, this.allowedDetails);
  }

  #denied(part: DeniedPart, what: string, name: string, allowed: Iterable<string>): AccessDenied {
    return new AccessDenied({ part, what: `${what} of the client ${this.client.name}`, name, allowed });
  }
}
