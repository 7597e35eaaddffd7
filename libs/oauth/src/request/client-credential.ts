import type { Client } from '#tokens/model/client.js';
import type { Secret } from '#tokens/model/secret.js';
import type { SigningAlgorithm } from '#tokens/model/signing-algorithms.js';
import type { AssertionClaims } from './assertion-file.js';

/** RFC 6749 §2.3.1 */
export interface ClientSecret {
  clientAuthentication: 'client_secret_basic' | 'client_secret_post';
  clientSecret: Secret;
  /** How id and secret are encoded for Basic: by RFC 6749 §2.3.1 (the default), or not at all. */
  basicEncoding?: 'form' | 'none';
}

/** RFC 7523 §2.2 */
export interface ClientPrivateKey {
  clientAuthentication: 'private_key_jwt';
  /** PEM: PKCS #8, PKCS #1 or SEC 1, not encrypted. */
  privateKey: Secret;
  algorithm: SigningAlgorithm;
  /** The `kid` of the key at the authorization server. */
  keyId?: string | undefined;
}

/** RFC 8705 §2 */
export interface ClientCertificate {
  clientAuthentication: 'tls_client_auth';
  /** PEM; the client's own certificate first, then those that lead to the authority. */
  certificate: string;
  /** PEM. */
  key: Secret;
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

/** What a client proves its identity with to the authorization server. */
export type ClientCredential = ClientSecret | ClientPrivateKey | ClientCertificate | ClientAssertion;

const settings: ReadonlyMap<string, string> = new Map([
  ['private_key_jwt', 'clientId, privateKey, keyId and algorithm'],
  ['tls_client_auth', 'clientId, certificate and key'],
  ['client_assertion', 'clientId, and that the issuer, subject and audience of clientAssertion are trusted'],
]);

/** The settings to check when the authorization server refuses the client. */
export function credentialSettings(client: Client): string {
  return settings.get(client.options.clientAuthentication) ?? 'clientId and clientSecret';
}
