import { RedisUnavailable } from './redis-failure.js';

/**
 * Waits no longer than these milliseconds. What is waited for goes on. When this process itself was too busy to look, the
 * answer may have come long ago: so what has arrived is read before the deadline strikes.
 * @throws RedisUnavailable `timeout`
 */
export async function inTime<T>(promise: Promise<T>, milliseconds: number): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => setImmediate(reject, new RedisUnavailable('timeout')), milliseconds);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
