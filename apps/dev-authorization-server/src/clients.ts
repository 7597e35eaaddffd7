import type { JSONWebKeySet } from 'jose';
import { createHash, timingSafeEqual } from 'node:crypto';
import { type PartnerType, scopesOf, withIncluded } from './partner-types.js';

/** The one method by which a client proves who it is (names as in the registry of RFC 8414 §2). */
export type ClientAuthentication =
  | { method: 'client_secret_basic' }
  | { method: 'client_secret_post' }
  /** RFC 7523: the client's public keys. Several need a `kid` each. */
  | { method: 'private_key_jwt'; jwks: JSONWebKeySet }
  /** RFC 8705 §2.1.2: the subject in the form and order of RFC 4514, such as `O=Example,CN=client-1`. */
  | { method: 'tls_client_auth'; subjectDn: string }
  /** The SHA-256 of the certificate (DER) in hex, with or without colons. */
  | { method: 'tls_client_auth'; certificateSha256: string };

export type ClientRegistration = {
  clientId: string;
  authentication: ClientAuthentication;
  /** All of them are valid: during a rotation there are two. */
  secrets?: readonly string[];
  /** RFC 8707 resources that may be asked for. */
  resources?: readonly string[];
} & (
  { partnerType: PartnerType; scopes?: undefined } | { scopes: readonly string[]; partnerType?: undefined }
);

export class RegisteredClient {
  readonly id: string;
  readonly authentication: ClientAuthentication;
  readonly resources: ReadonlySet<string>;
  /** What is granted when nothing is asked for. */
  readonly scopes: readonly string[];
  readonly requiredScopes: readonly string[];
  readonly #askable: ReadonlySet<string>;
  #secrets: readonly Buffer[];

  constructor(registration: ClientRegistration) {
    const { partnerType } = registration;
    const { scopes, requiredScopes } =
      partnerType === undefined ? { scopes: registration.scopes, requiredScopes: [] } : scopesOf(partnerType);
    this.id = registration.clientId;
    this.authentication = registration.authentication;
    this.resources = new Set(registration.resources);
    this.scopes = scopes;
    this.requiredScopes = requiredScopes;
    this.#askable = withIncluded(scopes);
    this.#secrets = (registration.secrets ?? []).map(sha256);
  }

  mayAskFor(scope: string): boolean {
    return this.#askable.has(scope);
  }

  hasSecret(secret: string): boolean {
    return this.#secrets.some((valid) => timingSafeEqual(valid, sha256(secret)));
  }

  replaceSecrets(secrets: readonly string[]): void {
    this.#secrets = secrets.map(sha256);
  }
}

/** Who is registered here (RFC 6749 §2). */
export class Clients {
  readonly #clients: ReadonlyMap<string, RegisteredClient>;

  /** @throws TypeError when a client id is registered twice */
  constructor(registrations: readonly ClientRegistration[]) {
    this.#clients = new Map(registrations.map((each) => [each.clientId, new RegisteredClient(each)]));
    if (this.#clients.size < registrations.length) throw new TypeError('a client id is registered twice');
  }

  find(clientId: string): RegisteredClient | undefined {
    return this.#clients.get(clientId);
  }

  /** @throws TypeError when there is no such client */
  replaceSecrets(clientId: string, secrets: readonly string[]): void {
    const client = this.find(clientId);
    if (client === undefined) throw new TypeError(`no client ${clientId} is registered`);
    client.replaceSecrets(secrets);
  }
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
