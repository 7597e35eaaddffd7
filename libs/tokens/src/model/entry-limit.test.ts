import { LRUCache } from 'lru-cache';
import { expect, it } from 'vitest';
import { atMost } from './entry-limit.js';

it('keeps so many entries, those used last, however often one is replaced', () => {
  const cache = new LRUCache<string, number>(atMost(3));
  for (const key of ['a', 'b', 'c', 'a', 'a', 'd', 'e']) cache.set(key, 1);
  expect([...cache.keys()]).toEqual(['e', 'd', 'a']);
  cache.delete('d');
  for (const key of ['f', 'g']) cache.set(key, 1);
  expect([...cache.keys()]).toEqual(['g', 'f', 'e']);
});
