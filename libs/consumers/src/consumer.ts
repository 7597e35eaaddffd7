import type { Client } from '#tokens/model/client.js';
import { Failure } from '#tokens/model/failures.js';
import type { ScopeSet } from '#tokens/model/scope-set.js';
import { AccessDenied, type Denial, listed, pluralized } from './access-denied.js';
import { ConsumerActivity } from './consumer-activity.js';
import { Entitlement, type Permit } from './entitlement.js';
import { GrantCache } from './grant.js';
import { RateLimit } from './rate-limit.js';

export interface TokenRequestParameters {
  /** Name of the client; may be omitted by a consumer that may have exactly one. */
  client?: string | undefined;
  /** Omitted: all that the consumer may have of the client. */
  scopes?: ScopeSet | undefined;
  /** Absolute URIs (RFC 8707 §2). */
  resources: readonly string[];
  /** As `parseAuthorizationDetails` returns them (RFC 9396). */
  authorizationDetails?: readonly string[] | undefined;
}

/** An internal service that asks for tokens, and what it may have. */
export class Consumer {
  readonly grants = new GrantCache();
  readonly #entitlements: ReadonlyMap<string, Entitlement>;

  constructor(
    readonly name: string,
    entitlements: Iterable<Entitlement>,
    readonly rateLimit = RateLimit.none,
    readonly activity = new ConsumerActivity(),
    /** In `mode: audit`: the clients whose own scopes it is granted beyond `allow`. */
    private readonly clientsBeyond?: ReadonlyMap<string, Client>,
  ) {
    this.#entitlements = byClient(entitlements);
  }

  /**
   * Authorizes the parameters and makes the request of them.
   * @throws Failure `access_denied` when it asks for too much, `invalid_request` when it must name a client and does not
   */
  permit(parameters: TokenRequestParameters): Permit {
    try {
      return this.#allowed(parameters);
    } catch (error) {
      if (!(error instanceof AccessDenied)) throw error;
      return this.#beyond(parameters, error);
    }
  }

  /** @throws AccessDenied */
  #allowed(parameters: TokenRequestParameters): Permit {
    const client = parameters.client ?? this.#onlyClient();
    const entitlement = this.#entitlements.get(client);
    if (entitlement === undefined) {
      const wanted = parameters.scopes?.size ? pluralized('scope', parameters.scopes) : 'any scope';
      const what = `${wanted} of the client ${client}`;
      throw this.#denied({ part: 'client', what, name: client, allowed: this.#entitlements.keys() });
    }
    try {
      return entitlement.permit(parameters.scopes, parameters.resources, parameters.authorizationDetails);
    } catch (error) {
      throw error instanceof AccessDenied ? this.#denied(error.denial) : error;
    }
  }

  /** @throws AccessDenied as by `allow`, unless `mode: audit` grants what the client itself may have */
  #beyond(parameters: TokenRequestParameters, excess: AccessDenied): Permit {
    const client = this.clientsBeyond?.get(parameters.client ?? this.#onlyClient());
    if (client === undefined) throw excess;
    const { scopes, authorizationDetails: details } = client.options;
    try {
      const whole = new Entitlement(client, { scopes, details });
      const permit = whole.permit(parameters.scopes, parameters.resources, parameters.authorizationDetails);
      const given = client.options.impliedScopes.closure(permit.request.scopes);
      // The one token of `oneTokenPerClient` has no scope that `allow` gives to no consumer.
      if ((parameters.scopes?.minus(given).size ?? 0) > 0) throw excess;
      return { ...permit, excess };
    } catch (error) {
      throw error instanceof AccessDenied ? excess : error;
    }
  }

  #denied(denial: Denial): AccessDenied {
    const entitlements = [...this.#entitlements.values()].slice(0, 5);
    const mayHave = entitlements.map(({ client, allowed, resources }) => {
      const names = denial.part === 'resource' ? resources : allowed;
      return `${listed(names) || `no ${denial.part}`} of the client ${client.name}`;
    });
    return new AccessDenied(denial, this.name, mayHave.join(' and '));
  }

  #onlyClient(): string {
    const [client, ...others] = this.#entitlements.keys();
    if (client !== undefined && others.length === 0) return client;
    const choice = client === undefined ? 'none is allowed to this consumer' : [client, ...others].join(', ');
    throw new Failure('invalid_request', `name the client in the parameter client: ${choice}`);
  }
}

function byClient(entitlements: Iterable<Entitlement>): Map<string, Entitlement> {
  const merged = new Map<string, Entitlement>();
  for (const entitlement of entitlements) {
    const { name } = entitlement.client;
    merged.set(name, merged.get(name)?.merge(entitlement) ?? entitlement);
  }
  return merged;
}
