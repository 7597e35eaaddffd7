import { randomUUID } from 'node:crypto';
import { SignJWT, type JWTPayload } from 'jose';
import type { ManagedKeys } from '../keys/managed-keys.js';
import type { AssertionSigner } from './client-credential.js';
import { importSigningKey } from './signing-key.js';

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
