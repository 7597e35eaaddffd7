import TinyQueue from 'tinyqueue';

/**
 * Options that bound an `LRUCache` to so many entries. Its own `max` allocates and links all of them at once: ten
 * thousand places that a replica may never need.
 */
export function lruOfEntries(entries: number): { maxSize: number; sizeCalculation: () => number } {
  return { maxSize: entries, sizeCalculation: () => 1 };
}

/**
 * The first `count` in the order of their ranks, and whether there are more. It costs little more than looking at all
 * of them once, where sorting a hundred thousand would block the event loop.
 */
export function firstBy<T, R extends string | number>(
  all: Iterable<T>,
  count: number,
  rankOf: (one: T) => R,
): [first: T[], hasMore: boolean] {
  const largestFirst = new TinyQueue<[R, T]>([], ([a], [b]) => (a < b ? 1 : -1));
  let dropped = false;
  for (const one of all) {
    const rank = rankOf(one);
    const isFull = largestFirst.length === count;
    dropped ||= isFull;
    if (isFull && !isBelow(rank, largestFirst.peek()?.[0])) continue;
    if (isFull) largestFirst.pop();
    largestFirst.push([rank, one]);
  }
  const first: T[] = [];
  for (let last = largestFirst.pop(); last !== undefined; last = largestFirst.pop()) first.unshift(last[1]);
  return [first, dropped];
}

function isBelow<R extends string | number>(rank: R, largest: R | undefined): boolean {
  return largest !== undefined && rank < largest;
}
