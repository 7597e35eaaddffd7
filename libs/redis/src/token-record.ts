import { ScopeSet } from '#tokens/scope-set.js';
import { Secret } from '#tokens/secret.js';
import { Token } from '#tokens/token.js';

/** Lifetime and time from renewal to expiry in whole milliseconds, scopes, access token: a line each. */
const format =
  /^(?<lifetime>\d{1,15})\n(?<renewBefore>\d{1,15})\n(?<scopes>[\x20-\x7e]*)\n(?<accessToken>[\x21-\x7e]+)$/;

/** A token as bytes, to be sealed. It holds durations only, since replicas' clocks know nothing of one another. */
export function tokenRecord(token: Token): Buffer {
  const renewBefore = token.expiresAt - token.renewAt;
  const durations = [token.lifetime, renewBefore].map((duration) => Math.max(0, Math.round(duration)));
  return Buffer.from([...durations, token.scopes, token.accessToken.reveal()].join('\n'), 'latin1');
}

/**
 * The token on this replica's monotonic clock: it expires at that instant.
 * Undefined for whatever `tokenRecord` has not made; never throws.
 * @param requested taken instead of an equal set of its own: a hundred thousand tokens have scopes of some 100 bytes each
 */
export function parseTokenRecord(
  record: Buffer,
  expiresAt: number,
  generation: number,
  requested = ScopeSet.empty,
): Token | undefined {
  const fields = format.exec(record.toString('latin1'))?.groups;
  const scopes = fields && scopeSet(fields['scopes']!, requested);
  if (fields === undefined || scopes === undefined) return undefined;
  return new Token({
    accessToken: new Secret(fields['accessToken']!),
    scopes,
    issuedAt: expiresAt - Number(fields['lifetime']),
    renewAt: expiresAt - Number(fields['renewBefore']),
    expiresAt,
    generation,
  });
}

function scopeSet(text: string, requested: ScopeSet): ScopeSet | undefined {
  if (text === String(requested)) return requested;
  try {
    return ScopeSet.parse(text);
  } catch {
    return undefined;
  }
}
