import { parseJsonObject } from './json-object.js';
import type { Secret } from './secret.js';

/** Numbers from here on are milliseconds since 1970: as seconds they would be in the year 5138. */
const firstMilliseconds = 1e11;

/** The fields of the header (0) or payload (1) of a signed JWT (RFC 7515 §3.1); undefined for anything else, such as an encrypted one. */
function fieldsOf(jwt: string, part: 0 | 1): ReadonlyMap<string, unknown> | undefined {
  const parts = jwt.split('.');
  return parts.length === 3 ? parseJsonObject(Buffer.from(parts[part]!, 'base64url').toString()) : undefined;
}

/** The claims of a signed JWT; undefined for anything else. Nothing is verified. */
export function unverifiedClaims(jwt: string): ReadonlyMap<string, unknown> | undefined {
  return fieldsOf(jwt, 1);
}

/** `exp` of a JWT (RFC 7519 §4.1.4) as Unix time in milliseconds; undefined where there is none. Nothing is verified. */
export function jwtExpiry(accessToken: Secret): number | undefined {
  return unixTime(unverifiedClaims(accessToken.reveal())?.get('exp'));
}

/**
 * Milliseconds of a claim that is an instant: seconds by RFC 7519 §2, but some servers send milliseconds, or digits in a
 * string. Undefined for anything else, and for 0, by which some mean "without end".
 */
export function unixTime(claim: unknown): number | undefined {
  const isDigits = typeof claim === 'string' && /^\d{1,16}(?:\.\d{1,9})?$/.test(claim);
  const number = isDigits ? Number(claim) : claim;
  if (typeof number !== 'number' || !Number.isFinite(number) || number <= 0) return undefined;
  return milliseconds(number);
}

/** Of an instant in seconds or milliseconds since 1970. */
export function milliseconds(instant: number): number {
  return instant < firstMilliseconds ? instant * 1_000 : instant;
}

/**
 * `kid` of the key that has signed a JWT (RFC 7515 §4.1.4); undefined where there is none. Keys of a MAC are never
 * published. Nothing is verified.
 */
export function jwtKeyId(accessToken: Secret): string | undefined {
  const header = fieldsOf(accessToken.reveal(), 0);
  const [kid, alg] = [header?.get('kid'), header?.get('alg')];
  const isPublicKey = typeof alg === 'string' && !alg.startsWith('HS') && alg !== 'none';
  return isPublicKey && typeof kid === 'string' && kid !== '' ? kid : undefined;
}
