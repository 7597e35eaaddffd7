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
