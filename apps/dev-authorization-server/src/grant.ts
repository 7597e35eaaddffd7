import type { JWTPayload } from 'jose';

/** What a token is for. */
export interface Grant {
  clientId: string;
  scopes: readonly string[];
  audience: readonly string[];
}

/** RFC 9068 §2.2. */
export function claimsOf({ clientId, scopes, audience }: Grant): JWTPayload {
  const aud = audience.length === 1 ? audience[0] : [...audience];
  return { sub: clientId, client_id: clientId, aud, scope: scopes.join(' ') };
}

/** Equal for grants that differ in order only. */
export function keyOf({ clientId, scopes, audience }: Grant): string {
  return JSON.stringify([clientId, scopes.toSorted(), audience.toSorted()]);
}
