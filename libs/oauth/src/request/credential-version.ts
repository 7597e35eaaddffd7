import { X509Certificate, createPrivateKey, createPublicKey, scrypt, type ScryptOptions } from 'node:crypto';
import { promisify } from 'node:util';
import { calculateJwkThumbprint, exportJWK } from 'jose';
import { LRUCache } from 'lru-cache';
import { lruOfEntries } from '#tokens/model/limits.js';
import { digest, type Secret } from '#tokens/model/secret.js';
import type { DerivedDigests } from '#tokens/ports/derived-digests.js';
import { assertionIdentity } from './assertion-file.js';
import type {
  AssertionSigner,
  ClientCredential,
  ClientSecret,
  SigningKey,
  TlsCertificate,
} from './client-credential.js';
import { importSigningKey, readPrivateKey } from './signed-assertion.js';

const derive = promisify<string, string, number, ScryptOptions, Buffer>(scrypt);
const pemCertificate = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/** Characters of base64url: 132 bits. */
const length = 22;

/**
 * The version of a credential: base64url that changes when the credential does. It stands in metrics and in hashes
 * that others see; a secret is therefore derived slowly (scrypt, RFC 7914), so that guessing it is expensive.
 * @throws TypeError when the key or certificate cannot be used; the message holds nothing of it
 */
export async function credentialVersion(
  credential: ClientCredential,
  authorizationServer: string,
  clientId: string,
  shared?: DerivedDigests,
): Promise<string> {
  const { tls, grant } = credential;
  const versions = [await proofVersion(credential, digest([authorizationServer, clientId]), shared)];
  if (tls !== undefined) versions.push(certificateVersion(tls));
  if (grant !== undefined) versions.push(await signerVersion(grant));
  return versions.length === 1 ? versions[0]! : digest(versions).slice(0, length);
}

async function proofVersion(
  credential: ClientCredential,
  salt: string,
  shared: DerivedDigests | undefined,
): Promise<string> {
  switch (credential.clientAuthentication) {
    case 'private_key_jwt':
      return signerVersion(credential);
    case 'tls_client_auth':
    case 'self_signed_tls_client_auth':
      return certificateVersion(credential);
    case 'client_assertion':
      return digest([credential.type, assertionIdentity(credential.claims)]).slice(0, length);
    case 'none':
      return 'none';
    default:
      return secretVersion(credential, salt, shared);
  }
}

/**
 * The same for the headers of a token request, whose values may be secrets; undefined when there are none.
 */
export async function headersVersion(
  headers: Readonly<Record<string, Secret>>,
  authorizationServer: string,
  clientId: string,
  shared?: DerivedDigests,
): Promise<string | undefined> {
  const names = Object.keys(headers).toSorted();
  if (names.length === 0) return undefined;
  const text = names.flatMap((name) => [name, headers[name]?.reveal() ?? '']).join('\n');
  return slowDigest(text, digest([authorizationServer, clientId]), shared);
}

/** By a hash of secret and salt: without it a reload of 1,000 clients takes half a minute of CPU time. */
const derivedLately = new LRUCache<string, Promise<string>>(lruOfEntries(10_000));

function slowDigest(secret: string, salt: string, shared: DerivedDigests | undefined): Promise<string> {
  const key = digest([secret, salt]);
  let derived = derivedLately.get(key);
  if (derived === undefined) {
    derived = sharedOrDerived(secret, salt, shared);
    derivedLately.set(key, derived);
    derived.catch(() => derivedLately.delete(key));
  }
  return derived;
}

async function sharedOrDerived(
  secret: string,
  salt: string,
  shared: DerivedDigests | undefined,
): Promise<string> {
  const known = await shared?.find(secret, salt);
  const derived = known ?? (await derive(secret, salt, 16, { N: 2 ** 14, r: 8, p: 1 })).toString('base64url');
  void shared?.keep(secret, salt, derived);
  return derived;
}

async function secretVersion(
  { clientSecret, basicEncoding }: ClientSecret,
  salt: string,
  shared: DerivedDigests | undefined,
): Promise<string> {
  const version = await slowDigest(clientSecret.reveal(), salt, shared);
  // Other octets are sent, so a refusal of the one says nothing about the other.
  return basicEncoding === 'none' ? digest([version, basicEncoding]).slice(0, length) : version;
}

async function signerVersion(signer: AssertionSigner): Promise<string> {
  if (!('managed' in signer)) return privateKeyVersion(signer);
  // A rotation is no other credential.
  return digest(['managed', signer.managed.id, signer.managed.algorithm]).slice(0, length);
}

/** The thumbprint of the public key (RFC 7638), and what else makes another assertion. */
async function privateKeyVersion(credential: SigningKey): Promise<string> {
  await importSigningKey(credential);
  const jwk = await exportJWK(createPublicKey(readPrivateKey(credential)));
  const thumbprint = await calculateJwkThumbprint(jwk, 'sha256');
  return digest([thumbprint, credential.algorithm, credential.keyId ?? '']).slice(0, length);
}

/** The SHA-256 fingerprints of the certificate and of those sent with it. */
function certificateVersion({ certificate, key }: TlsCertificate): string {
  const chain = (certificate.match(pemCertificate) ?? []).map(readCertificate);
  const own = chain[0];
  if (!own) throw new TypeError('the certificate is not in PEM');
  if (!belongs(own, key.reveal())) throw new TypeError('the key is not the private key of the certificate');
  return digest(chain.map(({ fingerprint256 }) => fingerprint256)).slice(0, length);
}

function readCertificate(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw new TypeError('the certificate is not in PEM', { cause });
  }
}

function belongs(certificate: X509Certificate, key: string): boolean {
  try {
    return certificate.checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}
