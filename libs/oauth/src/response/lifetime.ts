import { decodeJwt } from 'jose';
import type { ResponseAnomaly } from '#tokens/ports/authorization-server.js';
import { InvalidResponse } from './invalid-response.js';

const maxLifetime = 24 * 3_600_000;

export interface Lifetime {
  /** Milliseconds, from 0 to 24 hours. */
  lifetime: number;
  anomaly?: ResponseAnomaly;
}

/**
 * Reads `expires_in` (RFC 6749 §5.1). Where it is missing or null, the life is the client's default (milliseconds),
 * and that of a JWT at most its `exp - iat`: a token never lives forever.
 * @throws InvalidResponse
 */
export function readLifetime(expiresIn: unknown, accessToken: string, defaultLifetime: number): Lifetime {
  if (expiresIn === undefined || expiresIn === null) {
    const lifetime = Math.min(defaultLifetime, jwtLifetime(accessToken), maxLifetime);
    return { lifetime, anomaly: 'lifetime_assumed' };
  }
  const seconds = readSeconds(expiresIn);
  if (seconds === undefined) throw new InvalidResponse('expires_in is not a number of seconds');
  if (seconds < 0) throw new InvalidResponse('expires_in is negative');
  const lifetime = Math.floor(seconds) * 1000;
  return lifetime > maxLifetime ? { lifetime: maxLifetime, anomaly: 'lifetime_capped' } : { lifetime };
}

/** Reads `refresh_in`: milliseconds, or undefined when it is absent or invalid: a hint is no reason to refuse a token. */
export function readRefreshIn(refreshIn: unknown): number | undefined {
  const seconds = readSeconds(refreshIn) ?? 0;
  return seconds > 0 ? Math.min(seconds * 1000, maxLifetime) : undefined;
}

/** Some servers send digits in a string. */
function readSeconds(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && /^\d{1,10}$/.test(value.trim()) ? Number(value) : undefined;
}

function jwtLifetime(accessToken: string): number {
  try {
    const { exp, iat } = decodeJwt(accessToken);
    const seconds = Number.isFinite(exp) && Number.isFinite(iat) ? Number(exp) - Number(iat) : Infinity;
    return Math.max(0, Math.floor(seconds)) * 1000;
  } catch {
    return Infinity;
  }
}
