import type { AccessDenied } from '#consumers/access-denied.js';
import type { TokenRequestParameters } from '#consumers/consumer.js';
import { isFor } from '#consumers/entitlement.js';
import type { Client } from '#tokens/model/client.js';
import { Failure } from '#tokens/model/failures.js';
import { ScopeSet } from '#tokens/model/scope-set.js';
import type { TokenRequest } from '#tokens/model/token-request.js';
import { consumerOf } from '../../core/entitled-consumer.js';
import type { AllowSettings, ConsumerSettings } from '../../settings/settings.js';

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
  /** Set when it is granted. */
  request?: TokenRequest;
  /** The entries of `allow` and policies that give it. */
  rule?: string | undefined;
  /** Why `allow` refuses it, where `mode: audit` grants it nevertheless. */
  excess?: AccessDenied;
  /** Set when it is not: what the broker would answer. */
  refusal?: Failure;
}

/** What the broker would decide, by the very code that decides it there, and why. */
export function explanation(
  consumer: ConsumerSettings,
  clients: ReadonlyMap<string, Client>,
  wish: TokenRequestParameters,
): Explanation {
  const decision = decide(consumer, clients, wish);
  const names = [...new Set(consumer.allow.map(({ client }) => client))];
  const client = clients.get(wish.client ?? (names.length === 1 ? (names[0] as string) : ''));
  if (client === undefined) return { client, scopes: [], ...decision };
  const scopes = wish.scopes ?? allowedScopes(consumer, client);
  const resources = decision.request?.resources ?? wish.resources;
  const allow = consumer.allow.filter((one) => isFor(resources, one));
  return { client, scopes: [...scopes].map((scope) => explained(scope, client, { allow })), ...decision };
}

function decide(
  consumer: ConsumerSettings,
  clients: ReadonlyMap<string, Client>,
  wish: TokenRequestParameters,
): Pick<Explanation, 'request' | 'rule' | 'excess' | 'refusal'> {
  try {
    return consumerOf(consumer, clients).permit(wish);
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

function explained(scope: string, client: Client, consumer: Allowing): ScopeExplanation {
  const { impliedScopes, scopes } = client.options;
  return {
    scope,
    reason: consumer.allow.some((one) => one.client === client.name)
      ? reasonFor(scope, client, consumer)
      : undefined,
    assigned: impliedScopes.closure(scopes).has(scope),
  };
}

type Allowing = Pick<ConsumerSettings, 'allow'>;

/** Why a consumer may have a scope. `by` is the scope that includes it, when it is not written out itself. */
export type Reason =
  { kind: 'required'; by?: string } | { kind: 'allowed'; place: AllowSettings['place']; by?: string };

/** Undefined when nothing in the settings gives it. */
export function reasonFor(scope: string, client: Client, { allow }: Allowing): Reason | undefined {
  const { requiredScopes } = client.options;
  if (requiredScopes.has(scope)) return { kind: 'required' };
  const entries = allow.filter((one) => one.client === client.name);
  const direct = entries.find(({ scopes }) => scopes.has(scope));
  if (direct !== undefined) return { kind: 'allowed', place: direct.place };
  for (const { scopes, place } of entries) {
    const by = impliedBy(scope, scopes, client);
    if (by !== undefined) return { kind: 'allowed', place, by };
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
