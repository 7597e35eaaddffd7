import { describe, expect, it } from 'vitest';
import { clockSkew } from './server-clock.js';

const receivedAt = Date.UTC(2026, 10, 23, 12, 0, 0, 500);

function skew(date: string | undefined, { at = receivedAt, roundTrip = 0 } = {}): number | undefined {
  const headers = new Headers(date === undefined ? {} : { date });
  return clockSkew(headers, at, roundTrip);
}

/** As a server writes it whose clock differs by so much: whole seconds, cut off. */
const dateAt = (instant: number) => new Date(Math.floor(instant / 1_000) * 1_000).toUTCString();

describe('the clock skew', () => {
  it('is 0 for a clock that agrees, wherever in its second the answer comes', () => {
    for (let ms = 0; ms < 2_000; ms += 50) {
      expect(skew(dateAt(receivedAt + ms), { at: receivedAt + ms })).toBe(0);
    }
  });

  it('is 0 for any clock that is less than half a second off', () => {
    for (let ms = -450; ms <= 450; ms += 50) {
      for (let at = 0; at < 1_000; at += 100) {
        expect(skew(dateAt(receivedAt + at + ms), { at: receivedAt + at })).toBe(0);
      }
    }
  });

  it.each([90_000, 5_000, -5_000, -90_000])('of %i ms is measured to half a second', (ahead) => {
    for (let at = 0; at < 1_000; at += 100) {
      const measured = skew(dateAt(receivedAt + at + ahead), { at: receivedAt + at })!;
      expect(Math.abs(measured - ahead)).toBeLessThanOrEqual(500);
    }
  });

  it('takes the answer to have been written half way through the round trip', () => {
    const written = receivedAt - 4_000;
    expect(skew(dateAt(written), { roundTrip: 8_000 })).toBe(0);
    expect(skew(dateAt(written + 60_000), { roundTrip: 8_000 })).toBe(60_000);
  });

  it('is 0 as long as a slow answer explains it', () => {
    expect(skew(dateAt(receivedAt), { roundTrip: 8_000 })).toBe(0);
    expect(skew(dateAt(receivedAt - 8_000), { roundTrip: 8_000 })).toBe(0);
    expect(skew(dateAt(receivedAt - 8_000), { roundTrip: 0 })).toBe(-8_000);
  });

  it.each([undefined, '', 'yesterday', '1764000000', '2026-11-23T12:00:00Z'])(
    'is not known by the Date %j',
    (date) => {
      expect(skew(date)).toBeUndefined();
    },
  );
});
