import { randomUUID } from 'node:crypto';
import { SignJWT, type JWTPayload } from 'jose';
import type { AssertionSigner } from './client-credential.js';
import { importSigningKey } from './signing-key.js';

export interface Clocks {
  /** Milliseconds since 1970. */
  now: number;
  /** Milliseconds by which the server's clock is ahead of ours: assertions are dated by the server's. */
  skew: number;
}

/** Seconds before now at which assertions are dated, for servers whose clock is behind. */
const backdated = 10;

/** Milliseconds. */
const defaultLifetime = 60_000;

/**
 * A JWT of the client itself (RFC 7523 §3). It has no `nbf`, which is optional, and would be in the future of a server
 * whose clock is a second behind.
 * @param claims those that the settings do not change
 * @param audience unless the settings name one
 * @throws TypeError when the key cannot be used
 */
export async function signAssertion(
  signer: AssertionSigner,
  claims: Readonly<Record<string, unknown>>,
  audience: string,
  { now, skew }: Clocks,
): Promise<string> {
  const { algorithm, keyId, assertion } = signer;
  const issuedAt = Math.floor((now + skew) / 1000);
  const payload: JWTPayload = {
    ...assertion?.claims,
    ...claims,
    aud: assertion?.audience ?? audience,
    jti: randomUUID(),
    iat: issuedAt - backdated,
    exp: issuedAt + Math.round((assertion?.lifetime ?? defaultLifetime) / 1000),
  };
  return new SignJWT(payload)
    .setProtectedHeader({
      alg: algorithm,
      ...(keyId !== undefined && { kid: keyId }),
      ...(assertion?.type !== undefined && { typ: assertion.type }),
    })
    .sign(await importSigningKey(signer));
}
