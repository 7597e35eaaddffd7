import { parseJsonObject } from './json-object.js';
import type { Secret } from './secret.js';

/** Numbers from here on are milliseconds since 1970: as seconds they would be in the year 5138. */
const firstMilliseconds = 1e11;

/** `exp` of a JWT (RFC 7519 §4.1.4) as Unix time in milliseconds; undefined where there is none. Nothing is verified. */
export function jwtExpiry(accessToken: Secret): number | undefined {
  const [, payload, signature, ...others] = accessToken.reveal().split('.');
  if (payload === undefined || signature === undefined || others.length > 0) return undefined;
  return unixTime(parseJsonObject(Buffer.from(payload, 'base64url').toString())?.get('exp'));
}

/**
 * Milliseconds of a claim that is an instant: seconds by RFC 7519 §2, but some servers send milliseconds, or digits in a
 * string. Undefined for anything else, and for 0, by which some mean "without end".
 */
export function unixTime(claim: unknown): number | undefined {
  const isDigits = typeof claim === 'string' && /^\d{1,16}(?:\.\d{1,9})?$/.test(claim);
  const number = isDigits ? Number(claim) : claim;
  if (typeof number !== 'number' || !Number.isFinite(number) || number <= 0) return undefined;
  return number < firstMilliseconds ? number * 1_000 : number;
}
