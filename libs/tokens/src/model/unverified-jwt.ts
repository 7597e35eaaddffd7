import { parseJsonObject } from './json-object.js';
import type { Secret } from './secret.js';

/** Numbers from here on are milliseconds since 1970: as seconds they would be in the year 5138. */
const firstMilliseconds = 1e11;

/** Of a signed JWT (RFC 7515 §3.1); undefined for anything else, such as an encrypted one. */
function parts(accessToken: Secret): { header: string; payload: string } | undefined {
  const [header, payload, signature, ...others] = accessToken.reveal().split('.');
  if (header === undefined || payload === undefined || signature === undefined) return undefined;
  return others.length > 0 ? undefined : { header, payload };
}

function fieldOf(encoded: string | undefined, name: string): unknown {
  if (encoded === undefined) return undefined;
  return parseJsonObject(Buffer.from(encoded, 'base64url').toString())?.get(name);
}

/** `exp` of a JWT (RFC 7519 §4.1.4) as Unix time in milliseconds; undefined where there is none. Nothing is verified. */
export function jwtExpiry(accessToken: Secret): number | undefined {
  return unixTime(fieldOf(parts(accessToken)?.payload, 'exp'));
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

/**
 * `kid` of the key that has signed a JWT (RFC 7515 §4.1.4); undefined where there is none. Keys of a MAC are never
 * published. Nothing is verified.
 */
export function jwtKeyId(accessToken: Secret): string | undefined {
  const header = parts(accessToken)?.header;
  const [kid, alg] = [fieldOf(header, 'kid'), fieldOf(header, 'alg')];
  const isPublicKey = typeof alg === 'string' && !alg.startsWith('HS') && alg !== 'none';
  return isPublicKey && typeof kid === 'string' && kid !== '' ? kid : undefined;
}
