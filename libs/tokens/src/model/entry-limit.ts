/**
 * What bounds an `LRUCache` to so many entries. Its `max` does, too, but reserves the room of all of them at once, and
 * links up each free place: for ten thousand entries that a replica may never have.
 */
export function atMost(entries: number): { maxSize: number; sizeCalculation: () => number } {
  return { maxSize: entries, sizeCalculation: () => 1 };
}
