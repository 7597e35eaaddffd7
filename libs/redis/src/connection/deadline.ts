import { RedisUnavailable } from './redis-failure.js';

/** In how many parts a deadline passes. */
const parts = 5;

/**
 * Calls `onTimeout` when so many milliseconds have passed in which this process could have read an answer: while it is
 * too busy to look, the answer may have come long ago, or the question not even left. So the time passes in parts, each
 * with a turn of the event loop, and a part in which the process was busy counts no more than any other.
 * @returns what cancels it
 */
export function deadline(milliseconds: number, onTimeout: () => void): () => void {
  let left = parts;
  let timer: NodeJS.Timeout | undefined;
  let isOff = false;
  const wait = () => (timer = setTimeout(() => setImmediate(pass), milliseconds / parts));
  const pass = () => {
    if (isOff) return;
    if (--left === 0) onTimeout();
    else wait();
  };
  wait();
  return () => {
    isOff = true;
    clearTimeout(timer);
  };
}

/**
 * Waits no longer than these milliseconds, as `deadline` counts them. The operation itself is not cancelled.
 * @throws RedisUnavailable `timeout`
 */
export async function inTime<T>(promise: Promise<T>, milliseconds: number): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const cancel = deadline(milliseconds, () => reject(new RedisUnavailable('timeout')));
  try {
    return await Promise.race([promise, late]);
  } finally {
    cancel();
  }
}
