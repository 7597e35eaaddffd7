import { ScopeSet } from '#tokens/model/scope-set.js';
import { Secret } from '#tokens/model/secret.js';
import { Token } from '#tokens/model/token.js';
import { KeyRing } from './key-ring.js';

/**
 * Lifetime and time from renewal to expiry in whole milliseconds, encoding of the token; scopes if not as requested;
 * authorization details in base64url.
 */
const head =
  /^(?<lifetime>\d{1,15}) (?<renewBefore>\d{1,15}) (?<encoding>-|\d[\d.]*)(?: (?<scopes>[\x20-\x7e]*))?(?:\t(?<details>[\w-]+))?$/;
const visibleAscii = /^[\x21-\x7e]+$/;

/** How many generations there are in a millisecond of the clock of Redis. */
export const generationsPerMillisecond = 1_024;

/** What is sealed of the life of a token. */
export interface SealedLife {
  generation: number;
  /** Milliseconds. */
  lifetime: number;
  /** Unix time in milliseconds at which it was requested, by the clock of who did; anything when 0.1.0 has sealed it. */
  issuedAt: number | undefined;
  accessToken: Secret;
}

/** When a token expires on the monotonic clock, from what is sealed. */
export type EndOfLife = (sealed: SealedLife) => number;

/**
 * A token as bytes, to be sealed: a line in clear text, then the packed access token. It holds durations only, since
 * replicas' clocks differ.
 */
export function tokenRecord(token: Token, requested: ScopeSet): Buffer {
  const renewBefore = token.expiresAt - token.renewAt;
  const durations = [token.lifetime, renewBefore].map((duration) => Math.max(0, Math.round(duration)));
  const { encoding, bytes } = packToken(token.accessToken.reveal());
  const scopes = token.scopes.equals(requested) ? [] : [token.scopes];
  const { authorizationDetails } = token;
  const details =
    authorizationDetails === undefined ? '' : `\t${Buffer.from(authorizationDetails).toString('base64url')}`;
  return Buffer.concat([Buffer.from(`${[...durations, encoding, ...scopes].join(' ')}${details}\n`), bytes]);
}

/** The token on this replica's monotonic clock. Undefined for what `tokenRecord` has not made; never throws. */
export function parseTokenRecord(
  record: Buffer,
  { generation, issuedAt }: Pick<SealedLife, 'generation' | 'issuedAt'>,
  requested: ScopeSet,
  endOfLife: EndOfLife,
): Token | undefined {
  const end = record.indexOf('\n');
  const fields = head.exec(record.toString('latin1', 0, Math.max(0, end)))?.groups;
  if (fields === undefined) return undefined;
  const scopes = fields['scopes'] === undefined ? requested : scopeSet(fields['scopes']);
  const text = unpackToken({ encoding: fields['encoding']!, bytes: record.subarray(end + 1) });
  if (scopes === undefined || text === undefined || !visibleAscii.test(text)) return undefined;
  const accessToken = new Secret(text);
  const lifetime = Number(fields['lifetime']);
  const expiresAt = endOfLife({ generation, lifetime, issuedAt, accessToken });
  return new Token({
    accessToken,
    scopes,
    authorizationDetails: fields['details'] && Buffer.from(fields['details'], 'base64url').toString(),
    issuedAt: expiresAt - lifetime,
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

/** An access token as bytes; `encoding` is how to read them: the lengths of its parts, or that they are its text. */
export interface PackedToken {
  encoding: string;
  bytes: Buffer;
}

const asText = '-';

/**
 * Most access tokens are base64url, in one part or in several with dots between (JWT: RFC 7515 §7.1). The bytes that it
 * stands for are a quarter fewer. That is no compression: their number says nothing about their content.
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
 * generation is sealed to the record, so that no old token can be made the newest.
 */
export class SealedTokens {
  constructor(private readonly ring: KeyRing) {}

  /**
   * @param requested the scopes that it was requested with, as for `open`
   * @param issuedAt Unix time in milliseconds at which it was requested
   */
  seal(
    token: Token,
    place: string,
    requested: ScopeSet,
    issuedAt: number,
  ): { generation: string; record: Buffer } {
    const generation = hexGeneration(token.generation);
    return {
      generation,
      record: this.ring.seal(tokenRecord(token, requested), `${place}\0${generation}`, issuedAt),
    };
  }

  /** Undefined for all that was not sealed for this place. */
  open(entry: Buffer, place: string, requested: ScopeSet, endOfLife: EndOfLife): Token | undefined {
    const generation = entry.toString('latin1', 0, digits);
    const sealed = entry.subarray(digits);
    const record = this.ring.open(sealed, `${place}\0${generation}`);
    const issuedAt = KeyRing.instantOf(sealed);
    const life = { generation: Number.parseInt(generation, 16), issuedAt };
    return record && parseTokenRecord(record, life, requested, endOfLife);
  }
}

/** An entry as it stands in Redis. */
export function entryOf(generation: number, record: Buffer): Buffer {
  return Buffer.concat([Buffer.from(hexGeneration(generation)), record]);
}

export function hexGeneration(generation: number): string {
  return generation.toString(16).padStart(digits, '0');
}

/** The generation of an entry from its first 16 bytes; undefined when there is none, or no entry. */
export function generationOf(start: string): number | undefined {
  return /^[0-9a-f]{16}$/.test(start) ? Number.parseInt(start, 16) : undefined;
}
