import type { Client } from '#tokens/model/client.js';
import type { Secret } from '#tokens/model/secret.js';
import type { SigningAlgorithm } from '#tokens/model/signing-algorithms.js';
import type { ManagedKeyReference } from '../keys/managed-keys.js';
import type { AssertionClaims } from './assertion-file.js';

/** RFC 6749 §2.3.1 */
export interface ClientSecret {
  clientAuthentication: 'client_secret_basic' | 'client_secret_post';
  clientSecret: Secret;
  /** How id and secret are encoded for Basic: by RFC 6749 §2.3.1 (the default), or not at all. */
  basicEncoding?: 'form' | 'none';
}

export interface SigningKey {
  /** PEM: PKCS #8, PKCS #1 or SEC 1, not encrypted. */
  privateKey: Secret;
  algorithm: SigningAlgorithm;
  /** The `kid` of the key at the authorization server. */
  keyId?: string | undefined;
}

/** What an assertion says that the client signs itself. What is left out has its default. */
export interface AssertionSettings {
  /** The issuer of the authorization server where it is known, otherwise the token endpoint. */
  audience?: string | string[] | undefined;
  /** `typ` of its header. */
  type?: string | undefined;
  /** Milliseconds. */
  lifetime: number;
  /** Further ones. */
  claims: Readonly<Record<string, unknown>>;
  /** Of a grant: the client's id. */
  issuer?: string | undefined;
  /** Of a grant: none. */
  subject?: string | undefined;
  /** Of a grant: the claim that has the scopes, in place of the parameter `scope`. */
  scopeClaim?: string | undefined;
}

/** Signs assertions about the client: by a key of the settings, or by one that the broker makes itself. */
export type AssertionSigner = (SigningKey | { managed: ManagedKeyReference }) & {
  assertion?: AssertionSettings | undefined;
};

/** RFC 7523 §2.2 */
export type ClientPrivateKey = AssertionSigner & { clientAuthentication: 'private_key_jwt' };

/** A certificate that is shown in the TLS handshake. */
export interface TlsCertificate {
  /** PEM; the client's own certificate first, then those that lead to the authority. */
  certificate: string;
  /** PEM. */
  key: Secret;
}

/** RFC 8705 §2 */
export interface ClientCertificate extends TlsCertificate {
  clientAuthentication: 'tls_client_auth' | 'self_signed_tls_client_auth';
}

/** `client_assertion_type` by the names in the settings: RFC 7523 §2.2, draft-ietf-oauth-spiffe-client-auth §3. */
export const assertionTypes = {
  'jwt-bearer': 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  'jwt-spiffe': 'urn:ietf:params:oauth:client-assertion-type:jwt-spiffe',
} as const;

export type AssertionType = keyof typeof assertionTypes;

/** A JWT that the platform issues and replaces in a file: read for each token request, so that no secret is kept. */
export interface ClientAssertion {
  clientAuthentication: 'client_assertion';
  /** Absolute path. */
  file: string;
  type: AssertionType;
  /** Of the file when the settings were loaded. */
  claims: AssertionClaims;
}

/** The assertion of the grant is all that the client proves itself with. */
interface NoClientAuthentication {
  clientAuthentication: 'none';
}

export type ClientProof =
  ClientSecret | ClientPrivateKey | ClientCertificate | ClientAssertion | NoClientAuthentication;

/** What a client proves its identity with to the authorization server. */
export type ClientCredential = ClientProof & {
  /** Besides another client authentication: gateways want one, and tokens may be bound to it (RFC 8705 §3). */
  tls?: TlsCertificate | undefined;
  /** Signs the authorization grant (RFC 7523 §2.1). */
  grant?: AssertionSigner | undefined;
};

/** The certificate that is shown in the TLS handshake, if any. */
export function certificateOf(credential: ClientCredential): TlsCertificate | undefined {
  return 'certificate' in credential ? credential : credential.tls;
}

/** The keys of the credential that the broker makes itself, if any. */
export function managedKeyOf(credential: ClientCredential): ManagedKeyReference | undefined {
  if ('managed' in credential) return credential.managed;
  return credential.grant && 'managed' in credential.grant ? credential.grant.managed : undefined;
}

/** Signs something that the authorization server verifies by its clock. */
export function isSigner({ clientAuthentication, grant }: ClientCredential): boolean {
  return clientAuthentication === 'private_key_jwt' || grant !== undefined;
}

const settings: ReadonlyMap<string, string> = new Map([
  ['private_key_jwt', 'clientId, privateKey, keyId and algorithm'],
  ['tls_client_auth', 'clientId, certificate and key'],
  ['self_signed_tls_client_auth', 'clientId, and that this very certificate is registered'],
  ['client_assertion', 'clientId, and that the issuer, subject and audience of clientAssertion are trusted'],
]);

/** The settings to check when the authorization server refuses the client. */
export function credentialSettings({ options: { clientAuthentication, grant } }: Client): string {
  if (grant === 'jwt-bearer') return 'clientId, privateKey, keyId and assertion';
  return settings.get(clientAuthentication) ?? 'clientId and clientSecret';
}
