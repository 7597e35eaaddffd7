import { createPrivateKey, randomUUID, type KeyObject } from 'node:crypto';
import { importPKCS8, SignJWT, type CryptoKey, type JWTPayload } from 'jose';
import type { TokenRequest } from '#tokens/model/token-request.js';
import type { ManagedKeys } from '../keys/managed-keys.js';
import type { AssertionSigner, SigningKey } from './client-credential.js';
import type { ComposedRequest } from './compose-token-request.js';
import type { TokenEndpoint } from './discovery.js';

export interface SigningContext {
  /** Milliseconds since 1970. */
  now: number;
  /** Milliseconds by which the server's clock is ahead of ours: assertions are dated by the server's. */
  skew: number;
  /** Where signing keys come from that the broker makes itself. */
  managedKeys?: Pick<ManagedKeys, 'signingKey'> | undefined;
}

/** Seconds before now at which assertions are dated, for servers whose clock is behind: at most a third of their life. */
const backdated = 10;

/** Milliseconds. */
const defaultLifetime = 60_000;

/**
 * A JWT of the client itself (RFC 7523 §3). It has no `nbf`, which is optional, and would be in the future of a server
 * whose clock is a second behind.
 * @param claims those that the settings do not change
 * @param audience unless the settings name one
 * @throws TypeError when the key cannot be used, UpstreamFailure `credential_unavailable`
 */
export async function signAssertion(
  signer: AssertionSigner,
  claims: Readonly<Record<string, unknown>>,
  audience: string,
  { now, skew, managedKeys }: SigningContext,
): Promise<string> {
  const { assertion } = signer;
  const key = 'managed' in signer ? await managedKeys?.signingKey(signer.managed) : signer;
  if (key === undefined) throw new TypeError('there are no managed keys here');
  const lifetime = Math.round((assertion?.lifetime ?? defaultLifetime) / 1000);
  const issuedAt = Math.floor((now + skew) / 1000 - Math.min(backdated, lifetime / 3));
  const payload: JWTPayload = {
    ...assertion?.claims,
    ...claims,
    aud: assertion?.audience ?? audience,
    jti: randomUUID(),
    iat: issuedAt,
    // From `iat` on: servers that bound it refuse what lives a second longer.
    exp: issuedAt + lifetime,
  };
  return new SignJWT(payload)
    .setProtectedHeader({
      alg: key.algorithm,
      ...(key.keyId !== undefined && { kid: key.keyId }),
      ...(assertion?.type !== undefined && { typ: assertion.type }),
    })
    .sign(await importSigningKey(key));
}

/**
 * Makes a token request one with an assertion as its authorization grant (RFC 7523 §2.1).
 * @throws TypeError when the key cannot be used
 */
export async function useJwtBearerGrant(
  { body }: ComposedRequest,
  { client, scopes }: TokenRequest,
  signer: AssertionSigner,
  { issuer }: TokenEndpoint,
  context: SigningContext,
): Promise<void> {
  const { issuer: iss = client.options.clientId, subject: sub, scopeClaim } = signer.assertion ?? {};
  const claims = {
    iss,
    // Google accepts one for the delegation of a user's rights only, although RFC 7523 §3 demands it.
    ...(sub !== undefined && { sub }),
    ...(scopeClaim !== undefined && scopes.size > 0 && { [scopeClaim]: String(scopes) }),
  };
  body.set('grant_type', 'urn:ietf:params:oauth:grant-type:jwt-bearer');
  body.set('assertion', await signAssertion(signer, claims, issuer, context));
  if (scopeClaim !== undefined) body.delete('scope');
}

/**
 * The key that signs assertions.
 * @throws TypeError when it is not a private key in PEM, or not one for the algorithm; the message holds nothing of the key
 */
export async function importSigningKey(credential: SigningKey): Promise<CryptoKey> {
  const { algorithm } = credential;
  const key = readPrivateKey(credential);
  if ((key.asymmetricKeyDetails?.modulusLength ?? Infinity) < 2048) {
    throw new TypeError('an RSA private key must have 2048 bits or more');
  }
  try {
    return await importPKCS8(key.export({ type: 'pkcs8', format: 'pem' }).toString(), algorithm);
  } catch (cause) {
    throw new TypeError(`the private key cannot sign with the algorithm ${algorithm}`, { cause });
  }
}

/** @throws TypeError */
export function readPrivateKey({ privateKey }: SigningKey): KeyObject {
  try {
    return createPrivateKey(privateKey.reveal());
  } catch (cause) {
    throw new TypeError('the private key is not an unencrypted private key in PEM', { cause });
  }
}
