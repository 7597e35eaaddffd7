import { readFileSync } from 'node:fs';

/** What is left for authorization servers, Redis, files, the management port and Node.js, where the limit allows it. */
const reserve = { share: 0.2, least: 100 };

/** How many files, connections included, this process may have open; undefined where the system does not say. */
export function openFileLimit(read: () => string = limits): number | undefined {
  try {
    const soft = /^Max open files\s+(\d+|unlimited)/m.exec(read())?.[1];
    return soft === undefined ? undefined : soft === 'unlimited' ? Infinity : Number(soft);
  } catch {
    return undefined;
  }
}

/**
 * How many connections consumers may have, so that one who opens more takes no descriptor from the rest: without one the
 * broker reaches no authorization server, reads no settings and answers no probe.
 */
export function connectionBound(limit: number): number {
  return Math.floor(limit - Math.max(limit * reserve.share, Math.min(limit / 2, reserve.least)));
}

function limits(): string {
  return readFileSync('/proc/self/limits', 'utf8');
}
