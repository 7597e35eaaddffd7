const weekday = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? /;
const maxRetryAfter = 3_600_000;

/**
 * Unix time in milliseconds of all three forms of RFC 9110 §5.6.7; the oldest leaves GMT out. NaN for anything else that
 * `Date.parse` would guess at.
 */
export function httpDate(value: string | null): number {
  const date = value?.trim() ?? '';
  if (!weekday.test(date)) return NaN;
  return Date.parse(date.endsWith(' GMT') ? date : `${date} GMT`);
}

/**
 * Milliseconds of `Retry-After` (RFC 9110 §10.2.3), at most one hour. A date counts from the `Date` of the same response,
 * so that the two clocks may differ. A fraction, as Shopify sends it, is read. Undefined when it is absent, malformed, zero, or in the past.
 */
export function retryAfter(headers: { get(name: string): string | null }): number | undefined {
  const value = headers.get('retry-after')?.trim() ?? '';
  const wait = /^\d+(?:\.\d+)?$/.test(value)
    ? Number(value) * 1000
    : httpDate(value) - httpDate(headers.get('date'));
  return wait > 0 ? Math.min(wait, maxRetryAfter) : undefined;
}

/** Type and subtype of a `Content-Type` in lower case, without parameters (RFC 9110 §8.3.1); '' when it is absent. */
export function mediaType(contentType: string | null | undefined): string {
  return contentType?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/**
 * The text of a body by the `charset` of its `Content-Type`, by UTF-8 where that is absent or unknown; what is UTF-16 or
 * is not shows in its first bytes. Bytes that do not decode become U+FFFD: they may stand in a field that is not used.
 */
export function decodeText(body: Uint8Array, contentType: string | null): string {
  const declared = /;\s*charset\s*=\s*["']?([^\s;"']+)/i.exec(contentType ?? '')?.[1] ?? 'utf-8';
  const utf16 = utf16Of(body);
  const charset = utf16 ?? (/^utf-?16/i.test(declared) ? 'utf-8' : declared);
  return decoderOf(charset).decode(body);
}

/** JSON begins with two characters of ASCII, so zero bytes among them give the encoding away (RFC 4627 §3), as does a BOM. */
function utf16Of([first, second]: Uint8Array): string | undefined {
  if ((first === 0xff && second === 0xfe) || (first !== 0 && second === 0)) return 'utf-16le';
  return (first === 0xfe && second === 0xff) || (first === 0 && second !== 0) ? 'utf-16be' : undefined;
}

function decoderOf(charset: string): TextDecoder {
  try {
    return new TextDecoder(charset);
  } catch {
    return new TextDecoder();
  }
}
