import { describe, expect, it } from 'vitest';
import { retryAfter } from './header-fields.js';

const date = 'Mon, 23 Nov 2026 10:00:00 GMT';

function read(value: string, headers: Record<string, string> = { date }): number | undefined {
  return retryAfter(new Headers({ 'retry-after': value, ...headers }));
}

describe('retryAfter', () => {
  it.each([
    ['seconds', '120', 120_000],
    ['seconds with a fraction (Shopify)', '2.0', 2_000],
    ['an HTTP date', 'Mon, 23 Nov 2026 10:01:00 GMT', 60_000],
    ['an HTTP date of RFC 850', 'Monday, 23-Nov-26 10:01:00 GMT', 60_000],
    ['an HTTP date of asctime', 'Mon Nov 23 10:01:00 2026', 60_000],
    ['more than an hour, capped', '86400', 3_600_000],
    ['a number beyond all bounds, capped', '9'.repeat(400), 3_600_000],
    ['a date of next year, capped', 'Tue, 23 Nov 2027 10:00:00 GMT', 3_600_000],
  ])('reads %s', (_title, value, milliseconds) => {
    expect(read(value)).toBe(milliseconds);
  });

  it.each(['', 'soon', '-1', '1.', '10, 20', 'Nov 2026', '2026-11-23T10:01:00Z', '0', 'Mon, 99 Foo'])(
    'ignores garbage and zero (%j)',
    (value) => {
      expect(read(value)).toBeUndefined();
    },
  );

  it('ignores a moment that has gone by', () => {
    expect(read('Mon, 23 Nov 2026 09:59:59 GMT')).toBeUndefined();
  });

  it.each<Record<string, string>>([{}, { date: 'garbage' }])(
    'ignores a date without a Date to count it from',
    (headers) => {
      expect(read('Mon, 23 Nov 2026 10:01:00 GMT', headers)).toBeUndefined();
    },
  );

  it('says nothing when there is no header', () => {
    expect(retryAfter(new Headers({ date }))).toBeUndefined();
  });
});
