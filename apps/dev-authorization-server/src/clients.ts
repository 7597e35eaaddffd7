export type PartnerType = 'whitelabel' | 'hems' | 'sales-affiliate';

/** The one method by which a client authenticates (names as in the registry of RFC 8414 §2). */
export type ClientAuthentication =
  /** `decoded: false`: id and secret are compared as they are, though RFC 6749 §2.3.1 has them form-encoded. */
  { method: 'client_secret_basic'; decoded?: false } | { method: 'client_secret_post' };

export type ClientRegistration = {
  clientId: string;
  authentication: ClientAuthentication;
  /** All of them are valid: during a rotation there are two. */
  secrets?: readonly string[];
  /** RFC 8707 resources that may be requested; they become the token's audience. */
  resources?: readonly string[];
} & (
  { partnerType: PartnerType; scopes?: undefined } | { scopes: readonly string[]; partnerType?: undefined }
);

/** RFC 6749 §2. */
export interface RegisteredClient {
  id: string;
  authentication: ClientAuthentication;
  secrets: readonly string[];
  resources: readonly string[];
  /** Granted when a request names none. */
  scopes: readonly string[];
  /** Those without which every token request is refused. */
  requiredScopes: readonly string[];
}

const affiliateScopes = ['api:partner', 'create:orders', 'role:finance-reporting'];

const partnerScopes: Readonly<Record<PartnerType, readonly string[]>> = {
  whitelabel: [...affiliateScopes, 'role:customer-support', 'role:application'],
  hems: ['api:partner'],
  'sales-affiliate': affiliateScopes,
};

const impliedScopes: ReadonlyMap<string, readonly string[]> = new Map([
  ['role:customer-support', ['role:finance-reporting']],
  ['role:application', ['role:customer-support', 'role:finance-reporting']],
]);

/** Every scope that this server knows. */
export const knownScopes = partnerScopes.whitelabel;

/** Whether the client may request the scope: one of its own, or one that they imply. */
export function mayRequest({ scopes }: RegisteredClient, scope: string): boolean {
  return scopes.some((each) => each === scope || impliedScopes.get(each)?.includes(scope));
}

export class Clients {
  readonly #clients: ReadonlyMap<string, RegisteredClient>;

  /** @throws TypeError when a client id is registered twice */
  constructor(registrations: readonly ClientRegistration[]) {
    this.#clients = new Map(registrations.map((each) => [each.clientId, registered(each)]));
    if (this.#clients.size < registrations.length) throw new TypeError('a client id is registered twice');
  }

  find(clientId: string): RegisteredClient | undefined {
    return this.#clients.get(clientId);
  }

  /** @throws TypeError when there is no such client */
  replaceSecrets(clientId: string, secrets: readonly string[]): void {
    const client = this.find(clientId);
    if (client === undefined) throw new TypeError(`no client ${clientId} is registered`);
    client.secrets = secrets;
  }
}

function registered(registration: ClientRegistration): RegisteredClient {
  const { clientId, partnerType, authentication, secrets = [], resources = [] } = registration;
  return {
    id: clientId,
    authentication,
    secrets,
    resources,
    scopes: partnerType === undefined ? registration.scopes : partnerScopes[partnerType],
    requiredScopes: partnerType === 'whitelabel' ? ['api:partner'] : [],
  };
}
