const weekday = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? /;

/**
 * Unix time in milliseconds of all three forms of RFC 9110 §5.6.7; the oldest leaves GMT out. NaN for anything else that
 * `Date.parse` would guess at.
 */
export function httpDate(value: string | null): number {
  const date = value?.trim() ?? '';
  if (!weekday.test(date)) return NaN;
  return Date.parse(date.endsWith(' GMT') ? date : `${date} GMT`);
}
