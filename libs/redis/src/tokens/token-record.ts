import { ScopeSet } from '#tokens/model/scope-set.js';
import { Secret } from '#tokens/model/secret.js';
import { Token } from '#tokens/model/token.js';
import { packToken, unpackToken } from './packed-token.js';

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
  const { form, bytes } = packToken(token.accessToken.reveal());
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
  const accessToken = unpackToken({ form: fields['form']!, bytes: record.subarray(end + 1) });
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
