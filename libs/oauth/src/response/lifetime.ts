import { decodeJwt } from 'jose';
import { httpDate } from '#http/http-date.js';
import type { ResponseAnomaly } from '#tokens/ports/authorization-server.js';
import { InvalidResponse } from './invalid-response.js';

/** Milliseconds, where the settings do not say. */
export const defaultMaxLifetime = 24 * 3_600_000;

export interface Lifetime {
  /** Milliseconds, from 1 second to the client's `maxLifetime`. */
  lifetime: number;
  anomalies: ResponseAnomaly[];
}

/**
 * The life of a token: `expires_in` (RFC 6749 §5.1), or the client's default (milliseconds) where it is missing or null,
 * but never longer than a JWT says of itself, whatever `expires_in` is (some servers send milliseconds, others the same
 * token again with a full life), and never forever.
 * @param date the `Date` of the response
 * @throws InvalidResponse for another form of `expires_in`, and for a token that does not live for a second
 */
export function readLifetime(
  expiresIn: unknown,
  accessToken: string,
  defaultLifetime: number,
  date: string | null,
  maxLifetime = defaultMaxLifetime,
): Lifetime {
  const isAssumed = expiresIn === undefined || expiresIn === null;
  const announced = isAssumed ? defaultLifetime : milliseconds(expiresIn);
  const ofJwt = jwtLifetime(accessToken, date);
  if (ofJwt <= 0) throw new InvalidResponse('the access token is a JWT that has expired when it is issued');
  const anomalies: ResponseAnomaly[] = [];
  if (isAssumed) anomalies.push('lifetime_assumed');
  else if (ofJwt < announced) anomalies.push('lifetime_shortened');
  const lifetime = Math.min(announced, ofJwt);
  if (lifetime > maxLifetime) anomalies.push('lifetime_capped');
  return { lifetime: Math.min(lifetime, maxLifetime), anomalies };
}

/** Reads `refresh_in`: milliseconds, or undefined when it is absent or invalid: a hint is no reason to refuse a token. */
export function readRefreshIn(refreshIn: unknown, maxLifetime = defaultMaxLifetime): number | undefined {
  const seconds = readSeconds(refreshIn) ?? 0;
  return seconds > 0 ? Math.min(seconds * 1000, maxLifetime) : undefined;
}

function milliseconds(expiresIn: unknown): number {
  const seconds = readSeconds(expiresIn);
  if (seconds === undefined) throw new InvalidResponse('expires_in is not a number of seconds');
  if (seconds < 0) throw new InvalidResponse('expires_in is negative');
  if (seconds < 1) throw new InvalidResponse('expires_in is 0: the token has expired when it is issued');
  return Math.floor(seconds) * 1000;
}

/** Some servers send digits in a string, with a fraction perhaps. */
function readSeconds(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && /^\d{1,10}(?:\.\d{1,9})?$/.test(value.trim())
    ? Number(value)
    : undefined;
}

/** By its own claims (RFC 7519 §4.1): `exp - iat`, or `exp` by the server's clock where `iat` is missing. */
function jwtLifetime(accessToken: string, date: string | null): number {
  try {
    const { exp, iat } = decodeJwt(accessToken);
    const issuedAt = iat === undefined ? httpDate(date) / 1000 : iat;
    const isKnown = Number.isFinite(exp) && Number.isFinite(issuedAt);
    return isKnown ? Math.floor(Number(exp) - issuedAt) * 1000 : Infinity;
  } catch {
    return Infinity;
  }
}
