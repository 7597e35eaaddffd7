import type { ClientRegistration } from '../../apps/dev-authorization-server/src/clients.js';
import type { DevAuthorizationServer } from '../../apps/dev-authorization-server/src/dev-authorization-server.js';

export const clientSecret = 'not-a-real-secret';

/** A partner of all scopes as the development authorization server knows it. */
export function registration(
  clientId = 'whitelabel',
  secrets: readonly string[] = [clientSecret],
): ClientRegistration {
  return { clientId, partnerType: 'whitelabel', authentication: { method: 'client_secret_post' }, secrets };
}

/** The same partner as a client in the settings of a broker. */
export function client(server: Pick<DevAuthorizationServer, 'tokenEndpoint'>, fields: object = {}): object {
  return {
    tokenEndpoint: server.tokenEndpoint,
    clientId: 'whitelabel',
    clientSecret,
    clientAuthentication: 'client_secret_post',
    scopes: ['api:partner', 'create:orders', 'role:finance-reporting', 'role:customer-support'],
    requiredScopes: ['api:partner'],
    ...fields,
  };
}

/** A consumer in the settings that may have these scopes of each of these clients. */
export function consumer(
  { hash }: { hash: string },
  scopes: readonly string[] = ['api:partner', 'create:orders'],
  clients: readonly string[] = ['rabot'],
): object {
  return { keys: [hash], allow: clients.map((name) => ({ client: name, scopes })) };
}
