import TinyQueue from 'tinyqueue';

/**
 * The first so many in the order of their names, and whether there are more. It costs little more than looking at all
 * of them once, where sorting a hundred thousand would hold up everybody else.
 */
export function smallest<T>(
  all: Iterable<T>,
  count: number,
  nameOf: (one: T) => string,
): [first: T[], hasMore: boolean] {
  const largestFirst = new TinyQueue<[string, T]>([], ([a], [b]) => (a < b ? 1 : -1));
  let dropped = false;
  for (const one of all) {
    const name = nameOf(one);
    const isFull = largestFirst.length === count;
    dropped ||= isFull;
    if (isFull && !(name < (largestFirst.peek()?.[0] ?? ''))) continue;
    if (isFull) largestFirst.pop();
    largestFirst.push([name, one]);
  }
  const first: T[] = [];
  for (let last = largestFirst.pop(); last !== undefined; last = largestFirst.pop()) first.unshift(last[1]);
  return [first, dropped];
}
