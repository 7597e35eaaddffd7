import { TokenBrokerError } from './token-broker-error.js';

/**
 * Does something within so many milliseconds, even if it does not heed its signal.
 * @throws TokenBrokerError `timeout`
 */
export async function inTime<T>(milliseconds: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => {
        reject(new TokenBrokerError('timeout', 'the token broker did not answer in time'));
        controller.abort();
      },
      Math.max(0, milliseconds),
    );
    timer.unref?.();
  });
  try {
    return await Promise.race([late, work(controller.signal)]);
  } finally {
    clearTimeout(timer);
  }
}
