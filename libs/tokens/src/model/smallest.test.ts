import { fc } from '#test/property.js';
import { describe, expect, it } from 'vitest';
import { smallest } from './smallest.js';

describe('the smallest of many', () => {
  it('are those that come first when all are sorted', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string(), { maxLength: 60 }),
        fc.integer({ min: 1, max: 30 }),
        (all, count) => {
          const sorted = all.toSorted((a, b) => (a < b ? -1 : 1));
          expect(smallest(all, count, (one) => one)).toEqual([sorted.slice(0, count), all.length > count]);
        },
      ),
    );
  });
});
