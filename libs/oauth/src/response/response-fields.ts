import type { HttpResponse } from '#http/http-response.js';
import { decodeText, httpDate, mediaType } from '#http/header-fields.js';
import { parseJsonObject } from '#tokens/model/json-object.js';
import { milliseconds } from '#tokens/model/unverified-jwt.js';
import type { WireFormat } from '#tokens/model/wire-format.js';

type Fields = ReadonlyMap<string, unknown>;

/** What makes a response unusable. The message says it in fixed words, never with a value from the response. */
export class InvalidResponse extends Error {
  override readonly name = 'InvalidResponse';
}

/** The fields of a JSON object, or of a form, in which some servers answer; undefined for any other body. */
export function readFields({ headers, body }: Pick<HttpResponse, 'headers' | 'body'>): Fields | undefined {
  const contentType = headers.get('content-type');
  const text = decodeText(body, contentType);
  const isForm = mediaType(contentType) === 'application/x-www-form-urlencoded';
  return parseJsonObject(text) ?? (isForm ? new Map(new URLSearchParams(text)) : undefined);
}

/** The fields of a token response by their names in RFC 6749 §5.1, from where the client's settings say that they are. */
export function namedFields(body: Fields, { responseFields = {} }: WireFormat = {}): Fields {
  const named = new Map(body);
  for (const [name, path] of Object.entries(responseFields)) named.set(name, valueAt(body, path));
  return named;
}

/** At a path such as `data.token` or `errors.0`. */
export function valueAt(body: Fields, path: string): unknown {
  const [first = '', ...rest] = path.split('.');
  return rest.reduce<unknown>(
    (value, name) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, name)
        ? (value as Record<string, unknown>)[name]
        : undefined,
    body.get(first),
  );
}

/**
 * Seconds until an instant: since 1970, in seconds or milliseconds, or a date of ISO 8601 (UTC where it names no zone).
 * @param date the `Date` of the response, by whose clock it counts
 * @param wallTime milliseconds since 1970, for a response without that
 * @throws InvalidResponse for another form, and for an instant that is over
 */
export function secondsUntil(instant: unknown, date: string | null, wallTime: number): number {
  const serverTime = httpDate(date);
  const left = readInstant(instant) - (Number.isFinite(serverTime) ? serverTime : wallTime);
  if (!Number.isFinite(left)) throw new InvalidResponse('expires_at is not an instant');
  if (left < 1_000) throw new InvalidResponse('expires_at was already in the past when the token was issued');
  return left / 1_000;
}

/** Milliseconds since 1970; NaN for what is no instant. */
export function readInstant(instant: unknown): number {
  const text = typeof instant === 'number' ? String(instant) : instant;
  if (typeof text !== 'string') return Number.NaN;
  if (/^\d{1,15}(?:\.\d+)?$/.test(text)) return milliseconds(Number(text));
  const isZoned = /(?:Z|GMT|UTC|[+-]\d\d:?\d\d)$/i.test(text);
  return /^\d{4}-\d\d-\d\d/.test(text) && !isZoned
    ? Date.parse(`${text.replace(' ', 'T')}Z`)
    : Date.parse(text);
}
