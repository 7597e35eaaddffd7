import { decodeJwt, decodeProtectedHeader } from 'jose';
import type { Secret } from '#tokens/model/secret.js';

/** What may be shown of a token: of a JWT its header and claims, which are no credential without the signature. */
export interface DescribedToken {
  /** The first 12 hex digits of its SHA-256: the broker's audit lines have the same. */
  sha256: string;
  jwt?: { header: Record<string, unknown>; claims: Record<string, unknown> };
}

/** Nothing is verified: that is the business of the API that the token is for. */
export function describedToken(token: Secret): DescribedToken {
  try {
    const header = { ...decodeProtectedHeader(token.reveal()) };
    return { sha256: token.fingerprint, jwt: { header, claims: { ...decodeJwt(token.reveal()) } } };
  } catch {
    return { sha256: token.fingerprint };
  }
}

/** The claims that are instants (RFC 7519 §4.1), with how far they are from now: milliseconds since 1970. */
export function claimText(name: string, value: unknown, now: number): string {
  if (!['exp', 'iat', 'nbf', 'auth_time'].includes(name) || typeof value !== 'number')
    return JSON.stringify(value);
  const date = new Date(value * 1000);
  if (Number.isNaN(date.getTime())) return String(value);
  const seconds = Math.round(value - now / 1000);
  const distance = seconds < 0 ? `${-seconds} s ago` : `in ${seconds} s`;
  return `${value}  (${date.toISOString()}, ${distance})`;
}
