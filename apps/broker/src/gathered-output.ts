import { type DestinationStream, pino } from 'pino';

/** Bytes that are written at once, and milliseconds that fewer wait for more. */
const batch = { minLength: 16_000, longestWait: 5 };

/**
 * The standard output, to which lines go together and beside the requests: a write for each line would cost a request
 * more than all else. What is left is written when the process ends, unless it is killed.
 */
export function gatheredOutput(): DestinationStream {
  const output = pino.destination({ sync: false, minLength: batch.minLength });
  let waiting = false;
  const flush = () => {
    waiting = false;
    output.flush();
  };
  return {
    write(line) {
      output.write(line);
      if (waiting) return;
      waiting = true;
      setTimeout(flush, batch.longestWait).unref();
    },
  };
}
