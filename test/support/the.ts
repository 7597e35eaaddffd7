import { Client, type ClientOptions } from '#tokens/model/client.js';
import { ImpliedScopes } from '#tokens/model/implied-scopes.js';
import { RenewalPolicy } from '#tokens/model/renewal-policy.js';
import { ScopeSet } from '#tokens/model/scope-set.js';

export const renewal = new RenewalPolicy({
  at: 0.8,
  jitter: 0.05,
  minRemaining: 60_000,
  idleAfter: 3_600_000,
});

/** The client that does not matter, but for what a test says of it. */
export function someClient(options: Partial<ClientOptions> = {}): Client {
  return new Client({
    name: 'rabot',
    authorizationServer: 'https://auth.example/connect/token',
    clientId: 'client-1',
    clientAuthentication: 'client_secret_basic',
    credentials: ['v1'],
    parameters: {},
    scopes: ScopeSet.parse('api:partner create:orders'),
    requiredScopes: ScopeSet.empty,
    impliedScopes: ImpliedScopes.none,
    resources: [],
    defaultLifetime: 300_000,
    timeout: 10_000,
    maxTokenRequestsPerMinute: 60,
    renewal,
    preload: [],
    ...options,
  });
}
