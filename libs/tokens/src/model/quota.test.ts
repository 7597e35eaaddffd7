import { describe, expect, it } from 'vitest';
import { QuotaLedger } from './quota.js';
import type { Quotas } from './quota-window.js';

const minute = 60_000;
const hour = 60 * minute;
const start = 1_000 * hour;

/** A ledger that is asked again and again. */
function spending(quotas: Quotas) {
  let ledger = QuotaLedger.empty;
  return {
    usage: (now: number) => ledger.usage(quotas, now),
    take(now: number, isNew = false): number | undefined {
      const taken = ledger.take(quotas, now, isNew);
      if ('wait' in taken) return taken.wait;
      ledger = QuotaLedger.parse(String(taken.ledger), now);
      return undefined;
    },
  };
}

describe('a quota', () => {
  it('is not exceeded in any window, and says when there is room', () => {
    const quota = spending({ perHour: 3, perDay: 5 });
    expect([1, 2, 3].map(() => quota.take(start))).toEqual([undefined, undefined, undefined]);
    expect(quota.take(start)).toBe(hour + minute);
    const later = start + hour + minute;
    expect([quota.take(later - 1), quota.take(later), quota.take(later)]).toEqual([1, undefined, undefined]);
    expect(quota.take(later)).toBeGreaterThan(20 * hour);
  });

  it('keeps room for renewals: for a quarter, and for as many as the window had', () => {
    const quota = spending({ perHour: 8 });
    for (let n = 0; n < 6; n++) expect(quota.take(start, true)).toBeUndefined();
    expect(quota.take(start, true)).toBeGreaterThan(0);
    expect([quota.take(start), quota.take(start)]).toEqual([undefined, undefined]);
    expect(quota.take(start)).toBeGreaterThan(0);
  });

  it('forecasts when it is used up at the present rate, and nothing when it is not', () => {
    const quota = spending({ perHour: 100 });
    for (let n = 0; n < 20; n++) quota.take(start + n * 2 * minute);
    expect(quota.usage(start + 40 * minute)).toEqual([
      { window: 'perHour', limit: 100, used: 20, usedUpAt: undefined },
    ]);
    for (let n = 0; n < 50; n++) quota.take(start + 40 * minute);
    const { used, usedUpAt = 0 } = quota.usage(start + 40 * minute)[0]!;
    expect(used).toBe(70);
    expect(usedUpAt - start).toBeGreaterThan(40 * minute);
    expect(usedUpAt - start).toBeLessThan(55 * minute);
  });
});

describe('what several have counted', () => {
  const counted = (times: number) =>
    Array.from({ length: times }).reduce<QuotaLedger>(
      (ledger) => ledger.counted({ perHour: 100 }, start, false),
      QuotaLedger.empty,
    );
  const used = (ledger: QuotaLedger) => ledger.usage({ perHour: 100 }, start)[0]!.used;

  it('is the higher number where it was the same requests, and the sum where it was others', () => {
    expect(used(counted(3).merged(counted(5), start))).toBe(5);
    expect(used(counted(5).merged(counted(3), start))).toBe(5);
    expect(used(counted(3).plus(counted(5)))).toBe(8);
    expect(used(counted(3).plus(counted(5), 2))).toBe(13);
  });

  it('is forgotten where it lies out of the window, or ahead of the clock', () => {
    expect(used(QuotaLedger.empty.merged(counted(3), start + 2 * hour))).toBe(0);
    expect(used(QuotaLedger.empty.merged(counted(3), start - hour))).toBe(0);
  });
});

describe('renewals', () => {
  it('keep so many times the distance where so many replicas do not know of each other', () => {
    const second = (replicas: number) =>
      QuotaLedger.empty
        .place({ perHour: 60 }, start, start + hour, replicas)
        .ledger.place({ perHour: 60 }, start, start + hour, replicas).at - start;
    expect(second(3)).toBeCloseTo(3 * second(1));
  });

  it('keep a distance by which they need no more than the quota, and come in time', () => {
    let ledger = QuotaLedger.empty;
    const places = Array.from({ length: 10 }, () => {
      const placed = ledger.place({ perHour: 60 }, start, start + 5 * minute);
      ledger = placed.ledger;
      return placed.at - start;
    });
    const distance = places[1]!;
    expect(distance).toBeGreaterThan(minute);
    expect(places.slice(0, 5)).toEqual([0, 1, 2, 3, 4].map((n) => n * distance));
    expect(places.slice(5)).toEqual([5, 6, 7, 8, 9].map(() => 5 * minute));
  });
});

it.each([
  '',
  '{',
  'null',
  '[{"perHour":{"1":[-1,0]}},1]',
  '[{"perHour":{"1":[1]}},1]',
  '[{"perHour":{"99999999999":[1,1]}},1]',
  '[null,1]',
])('what no replica has written is an empty ledger: %s', (text) => {
  expect(QuotaLedger.parse(text, start)).toEqual(QuotaLedger.empty);
});
