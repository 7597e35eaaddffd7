import { parseJsonObject } from './json-object.js';
import type { Secret } from './secret.js';

/** `exp` of a JWT (RFC 7519 §4.1.4) as Unix time in milliseconds; undefined where there is none. Nothing is verified. */
export function jwtExpiry(accessToken: Secret): number | undefined {
  const [, payload, signature, ...others] = accessToken.reveal().split('.');
  if (payload === undefined || signature === undefined || others.length > 0) return undefined;
  const exp = parseJsonObject(Buffer.from(payload, 'base64url').toString())?.get('exp');
  return typeof exp === 'number' && Number.isFinite(exp) ? exp * 1000 : undefined;
}
