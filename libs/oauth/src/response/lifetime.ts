import { httpDate } from '#http/header-fields.js';
import type { ResponseAnomaly } from '#tokens/ports/authorization-server.js';
import { milliseconds, unixTime, unverifiedClaims } from '#tokens/model/unverified-jwt.js';
import { InvalidResponse, readInstant } from './response-fields.js';

/** Milliseconds, where the settings do not say. */
export const defaultMaxLifetime = 24 * 3_600_000;

/** Milliseconds by which two ends of one token may differ: a `Date` is rounded, and a response takes its time. */
const tolerance = 10_000;

/** Seconds: from here on `expires_in` may be an instant (of 2001 or later) instead. */
const leastInstant = 1_000_000_000;

/** Milliseconds: an instant in `expires_in` that is further off is no instant, but means "without end". */
const furthestInstant = 366 * 24 * 3_600_000;

/** What a response says of the life of its token. */
export interface LifetimeEvidence {
  accessToken: string;
  expiresIn: unknown;
  /** The instants at which it ends, by fields that RFC 6749 does not know. */
  ends: readonly unknown[];
  /** The `Date` of the response. */
  date: string | null;
  /** Milliseconds since 1970 by our own clock, for a response without that. */
  wallTime: number;
}

export interface Lifetime {
  /** Milliseconds, from 1 second to the client's `maxLifetime`. */
  lifetime: number;
  anomalies: ResponseAnomaly[];
}

/**
 * The life of a token: `expires_in` (RFC 6749 §5.1), or where it is missing the instant that stands in its place, or else
 * the client's default (milliseconds); but never longer than a JWT says of itself, whatever `expires_in` is (some servers
 * send milliseconds, others the same token again with a full life), and never forever.
 * @throws InvalidResponse for another form of `expires_in`, and for a token that does not live for a second
 */
export function readLifetime(
  evidence: LifetimeEvidence,
  defaultLifetime: number,
  maxLifetime = defaultMaxLifetime,
): Lifetime {
  const { expiresIn } = evidence;
  const stated = statedLifetime(evidence);
  const isMissing = expiresIn === undefined || expiresIn === null;
  const announced = isMissing ? (stated ?? defaultLifetime) : announcedLifetime(expiresIn, evidence);
  const ofJwt = jwtLifetime(evidence);
  if (ofJwt <= 0)
    throw new InvalidResponse('the access token is a JWT that had already expired when it was issued');
  // By our own clock alone the end that it states is no reason to doubt what it announces.
  const isDated = Number.isFinite(httpDate(evidence.date));
  const bound = isDated && stated !== undefined && stated < announced - tolerance ? stated : Infinity;
  const lifetime = Math.min(announced, ofJwt, bound);
  const anomalies: ResponseAnomaly[] = [];
  if (isMissing && stated === undefined) anomalies.push('lifetime_assumed');
  else if (lifetime < announced) anomalies.push('lifetime_shortened');
  if (lifetime > maxLifetime) anomalies.push('lifetime_capped');
  return { lifetime: Math.min(lifetime, maxLifetime), anomalies };
}

/** Reads `refresh_in`: milliseconds, or undefined when it is absent or invalid: a hint is no reason to refuse a token. */
export function readRefreshIn(refreshIn: unknown, maxLifetime = defaultMaxLifetime): number | undefined {
  const seconds = readSeconds(refreshIn) ?? 0;
  return seconds > 0 ? Math.min(seconds * 1000, maxLifetime) : undefined;
}

function announcedLifetime(expiresIn: unknown, evidence: LifetimeEvidence): number {
  const seconds = readSeconds(expiresIn);
  if (seconds === undefined) {
    throw new InvalidResponse(
      'expires_in is not a number of seconds; if it is an instant, name it as expires_at in responseFields of this client',
    );
  }
  if (seconds < 0) throw new InvalidResponse('expires_in is negative');
  if (seconds < 1)
    throw new InvalidResponse('expires_in is 0: the token had already expired when it was issued');
  if (seconds < leastInstant) return Math.floor(seconds) * 1000;
  const left = milliseconds(seconds) - serverTime(evidence);
  return left >= 1_000 && left <= furthestInstant ? Math.floor(left / 1_000) * 1_000 : seconds * 1_000;
}

/** Some servers send digits in a string, with a fraction perhaps. */
function readSeconds(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && /^\d{1,20}(?:\.\d{1,20})?$/.test(value.trim())
    ? Number(value)
    : undefined;
}

/** By the instants of the response that are to come: the least of them. */
function statedLifetime(evidence: LifetimeEvidence): number | undefined {
  const now = serverTime(evidence);
  const left = evidence.ends.map((end) => Math.floor((readInstant(end) - now) / 1_000) * 1_000);
  const least = Math.min(...left.filter((one) => one >= 1_000));
  return Number.isFinite(least) ? least : undefined;
}

/**
 * By its own claims (RFC 7519 §4.1): `exp - iat`; less where the clock of the server has it end earlier, as some return a
 * token for a second time. Our own clock has to do where the response has no `Date`, but alone it calls no token expired.
 */
function jwtLifetime(evidence: LifetimeEvidence): number {
  const claims = unverifiedClaims(evidence.accessToken);
  const end = unixTime(claims?.get('exp'));
  if (end === undefined) return Infinity;
  const start = unixTime(claims?.get('iat'));
  const whole = start === undefined ? Infinity : wholeSeconds(end - start);
  const left = wholeSeconds(end - serverTime(evidence));
  const isDated = Number.isFinite(httpDate(evidence.date));
  if (start === undefined && isDated) return left;
  return left >= 1_000 && left < whole - tolerance ? left : whole;
}

function serverTime({ date, wallTime }: LifetimeEvidence): number {
  const time = httpDate(date);
  return Number.isFinite(time) ? time : wallTime;
}

function wholeSeconds(duration: number): number {
  return Math.floor(duration / 1_000) * 1_000;
}
