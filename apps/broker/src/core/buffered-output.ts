import { type DestinationStream, pino } from 'pino';

/** Characters that are written at once, and milliseconds that fewer wait for more. */
const batch = { maxChars: 64_000, flushInterval: 20 };

/**
 * The standard output, to which lines go together and beside the requests: a write for each line would cost a request
 * more than all else, and pino's own gathering measures all it has at each line. What is left is written when the process
 * ends, unless it is killed.
 */
export function bufferedOutput(): DestinationStream {
  const output = pino.destination({ sync: false, maxWrite: 4 * batch.maxChars });
  let gathered = '';
  const flush = () => {
    if (gathered !== '') output.write(gathered);
    gathered = '';
  };
  // Before the destination writes what it has when the process ends.
  process.prependOnceListener('exit', flush);
  return {
    write(line) {
      if (gathered === '') setTimeout(flush, batch.flushInterval).unref();
      gathered += line;
      if (gathered.length >= batch.maxChars) flush();
    },
  };
}
