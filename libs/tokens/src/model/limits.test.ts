import { fc } from '#test/property.js';
import { describe, expect, it } from 'vitest';
import { LRUCache } from 'lru-cache';
import { firstBy, lruOfEntries } from './limits.js';

describe('the first of many', () => {
  it('are those that come first when all are sorted', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string(), { maxLength: 60 }),
        fc.integer({ min: 1, max: 30 }),
        (all, count) => {
          const sorted = all.toSorted((a, b) => (a < b ? -1 : 1));
          expect(firstBy(all, count, (one) => one)).toEqual([sorted.slice(0, count), all.length > count]);
        },
      ),
    );
  });
});

it('a bounded cache keeps so many entries, those used last, however often one is replaced', () => {
  const cache = new LRUCache<string, number>(lruOfEntries(3));
  for (const key of ['a', 'b', 'c', 'a', 'a', 'd', 'e']) cache.set(key, 1);
  expect([...cache.keys()]).toEqual(['e', 'd', 'a']);
  cache.delete('d');
  for (const key of ['f', 'g']) cache.set(key, 1);
  expect([...cache.keys()]).toEqual(['g', 'f', 'e']);
});
