import { Consumer, type TokenRequestParameters } from '#consumers/consumer.js';
import { Entitlement } from '#consumers/entitlement.js';
import type { Client } from '#tokens/model/client.js';
import { Failure } from '#tokens/model/failures.js';
import { ScopeSet } from '#tokens/model/scope-set.js';
import type { TokenRequest } from '#tokens/model/token-request.js';
import type { ConsumerSettings } from '../../settings/settings.js';

export interface ScopeExplanation {
  scope: string;
  /** Undefined: nothing gives it. */
  reason: Reason | undefined;
  /** Whether the authorization server assigned it to the client, by the settings. */
  assigned: boolean;
}

export interface Explanation {
  client: Client | undefined;
  scopes: ScopeExplanation[];
  /** Set when it is allowed. */
  request?: TokenRequest;
  /** Set when it is not: what the broker would answer. */
  refusal?: Failure;
}

/** What the broker would decide, by the very code that decides it there, and why. */
export function explanation(
  consumer: ConsumerSettings,
  clients: ReadonlyMap<string, Client>,
  wish: TokenRequestParameters,
): Explanation {
  const entitlements = consumer.allow.map(
    ({ client, scopes, authorizationDetails }) =>
      new Entitlement(clients.get(client) as Client, scopes, undefined, authorizationDetails),
  );
  const decision = decide(new Consumer(consumer.name, entitlements), wish);
  const names = [...new Set(consumer.allow.map(({ client }) => client))];
  const client = clients.get(wish.client ?? (names.length === 1 ? (names[0] as string) : ''));
  if (client === undefined) return { client, scopes: [], ...decision };
  const scopes = wish.scopes ?? allowedScopes(consumer, client);
  return { client, scopes: [...scopes].map((scope) => explained(scope, client, consumer)), ...decision };
}

function decide(consumer: Consumer, wish: TokenRequestParameters): Pick<Explanation, 'request' | 'refusal'> {
  try {
    return { request: consumer.request(wish) };
  } catch (error) {
    if (error instanceof Failure) return { refusal: error };
    throw error;
  }
}

function allowedScopes({ allow }: ConsumerSettings, client: Client): ScopeSet {
  return allow
    .filter((one) => one.client === client.name)
    .reduce((all, { scopes }) => all.union(scopes), ScopeSet.empty);
}

function explained(scope: string, client: Client, consumer: ConsumerSettings): ScopeExplanation {
  const { impliedScopes, scopes } = client.options;
  return {
    scope,
    reason: consumer.allow.some((one) => one.client === client.name)
      ? reasonFor(scope, client, consumer)
      : undefined,
    assigned: impliedScopes.closure(scopes).has(scope),
  };
}

/** Why a consumer may have a scope. `by` is the scope that includes it, when it is not written out itself. */
export type Reason =
  | { kind: 'required'; by?: string }
  /** `index` counts the entries of `allow`. */
  | { kind: 'allowed'; index: number; by?: string };

/** Undefined when nothing in the settings gives it. */
export function reasonFor(scope: string, client: Client, { allow }: ConsumerSettings): Reason | undefined {
  const { requiredScopes } = client.options;
  if (requiredScopes.has(scope)) return { kind: 'required' };
  const entries = allow
    .map((entry, index) => ({ ...entry, index }))
    .filter((one) => one.client === client.name);
  const direct = entries.find(({ scopes }) => scopes.has(scope));
  if (direct !== undefined) return { kind: 'allowed', index: direct.index };
  for (const { scopes, index } of entries) {
    const by = impliedBy(scope, scopes, client);
    if (by !== undefined) return { kind: 'allowed', index, by };
  }
  const by = impliedBy(scope, requiredScopes, client);
  return by === undefined ? undefined : { kind: 'required', by };
}

/** The one of these scopes that includes it, directly or by way of others. */
export function impliedBy(scope: string, scopes: Iterable<string>, { options }: Client): string | undefined {
  return [...scopes].find(
    (one) => one !== scope && options.impliedScopes.closure(ScopeSet.of([one])).has(scope),
  );
}
