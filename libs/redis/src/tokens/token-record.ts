import { ScopeSet } from '#tokens/model/scope-set.js';
import { Secret } from '#tokens/model/secret.js';
import { Token } from '#tokens/model/token.js';
import type { KeyRing } from './key-ring.js';

/** Lifetime and time from renewal to expiry in whole milliseconds, form of the token; scopes if not as requested. */
const head =
  /^(?<lifetime>\d{1,15}) (?<renewBefore>\d{1,15}) (?<form>-|\d[\d.]*)(?: (?<scopes>[\x20-\x7e]*))?$/;
const accessTokenForm = /^[\x21-\x7e]+$/;

/**
 * A token as bytes, to be sealed: a line in clear text, then the packed access token. It holds durations only, since
 * replicas' clocks know nothing of one another.
 */
export function tokenRecord(token: Token, requested: ScopeSet): Buffer {
  const renewBefore = token.expiresAt - token.renewAt;
  const durations = [token.lifetime, renewBefore].map((duration) => Math.max(0, Math.round(duration)));
  const { encoding: form, bytes } = packToken(token.accessToken.reveal());
  const scopes = token.scopes.equals(requested) ? [] : [token.scopes];
  return Buffer.concat([Buffer.from(`${[...durations, form, ...scopes].join(' ')}\n`), bytes]);
}

/**
 * The token on this replica's monotonic clock: it expires at that instant.
 * Undefined for whatever `tokenRecord` has not made; never throws.
 */
export function parseTokenRecord(
  record: Buffer,
  expiresAt: number,
  generation: number,
  requested: ScopeSet,
): Token | undefined {
  const end = record.indexOf('\n');
  const fields = head.exec(record.toString('latin1', 0, Math.max(0, end)))?.groups;
  if (fields === undefined) return undefined;
  const scopes = fields['scopes'] === undefined ? requested : scopeSet(fields['scopes']);
  const accessToken = unpackToken({ encoding: fields['form']!, bytes: record.subarray(end + 1) });
  if (scopes === undefined || accessToken === undefined || !accessTokenForm.test(accessToken))
    return undefined;
  return new Token({
    accessToken: new Secret(accessToken),
    scopes,
    issuedAt: expiresAt - Number(fields['lifetime']),
    renewAt: expiresAt - Number(fields['renewBefore']),
    expiresAt,
    generation,
  });
}

function scopeSet(text: string): ScopeSet | undefined {
  try {
    return ScopeSet.parse(text);
  } catch {
    return undefined;
  }
}

/** An access token as bytes; `form` says how to read them: the lengths of its parts, or that they are its text. */
export interface PackedToken {
  encoding: string;
  bytes: Buffer;
}

const asText = '-';

/**
 * Most access tokens are base64url, in one part or in several with dots between (JWT: RFC 7515 §7.1). The bytes that it
 * stands for are a quarter fewer. That is no compression: how many they are tells nothing of what they say.
 */
export function packToken(token: string): PackedToken {
  const parts = token.split('.').map((part) => Buffer.from(part, 'base64url'));
  const packed = { encoding: parts.map(({ length }) => length).join('.'), bytes: Buffer.concat(parts) };
  const isShorter = packed.encoding.length + packed.bytes.length < token.length;
  if (isShorter && unpackToken(packed) === token) return packed;
  return { encoding: asText, bytes: Buffer.from(token, 'latin1') };
}

/** Undefined when the encoding does not fit the bytes; never throws. */
export function unpackToken({ encoding, bytes }: PackedToken): string | undefined {
  if (encoding === asText) return bytes.toString('latin1');
  let end = 0;
  const parts = encoding
    .split('.')
    .map((length) => bytes.toString('base64url', end, (end += Number(length))));
  return end === bytes.length ? parts.join('.') : undefined;
}

const digits = 16;

/**
 * Tokens as they stand in Redis: the generation as 16 hex digits, which scripts compare, then the sealed record. The
 * generation is sealed to the record, so that nobody can make an old token the newest.
 */
export class SealedTokens {
  constructor(private readonly ring: KeyRing) {}

  /** @param requested the scopes that it was asked for with; both must be told the same ones */
  seal(token: Token, place: string, requested: ScopeSet): { generation: string; record: Buffer } {
    const generation = hexGeneration(token.generation);
    return { generation, record: this.ring.seal(tokenRecord(token, requested), `${place}\0${generation}`) };
  }

  /** The token, which expires at this instant of the monotonic clock. Undefined for all that was not sealed for this place. */
  open(entry: Buffer, place: string, expiresAt: number, requested: ScopeSet): Token | undefined {
    const generation = entry.toString('latin1', 0, digits);
    const record = this.ring.open(entry.subarray(digits), `${place}\0${generation}`);
    return record && parseTokenRecord(record, expiresAt, Number.parseInt(generation, 16), requested);
  }
}

/** An entry as it stands in Redis. */
export function entryOf(generation: number, record: Buffer): Buffer {
  return Buffer.concat([Buffer.from(hexGeneration(generation)), record]);
}

function hexGeneration(generation: number): string {
  return generation.toString(16).padStart(digits, '0');
}

/** The generation of an entry from its first 16 bytes; undefined when there is none, or no entry. */
export function generationOf(start: string): number | undefined {
  return /^[0-9a-f]{16}$/.test(start) ? Number.parseInt(start, 16) : undefined;
}
