import { fstatSync, write, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import type { DestinationStream } from 'pino';

/** Characters that are written at once, and milliseconds that fewer wait for more. */
const batch = { maxChars: 64_000, flushInterval: 20 };
/** Characters that wait for a slow reader; lines beyond are dropped. */
const maxWaiting = 1_000_000;
const standardOutput = 1;

type Done = (error?: Error | null) => void;

interface Sink {
  write(text: string, done: Done): void;
  /** Writes what it can without waiting, as the process ends. */
  end(text: string): void;
}

/**
 * The standard output. Lines are written together and beside the requests: a write for each would take longer than the
 * rest of a request. It never blocks the process and never grows beyond a bound: lines that a full disk, a full pipe or a
 * pipe without a reader does not take are dropped, counted, and reported on the standard error once.
 */
export class BufferedOutput implements DestinationStream {
  #gathered = '';
  #isWriting = false;
  #timer: NodeJS.Timeout | undefined;
  #dropped = 0;
  /** A line was cut: the next text begins a new one. */
  #isCut = false;

  constructor(
    private readonly sink: Sink = sinkOf(standardOutput),
    private readonly report: (text: string) => void = reportOnStderr,
  ) {}

  /** Lines that were lost so far. */
  get droppedLines(): number {
    return this.#dropped;
  }

  write(line: string): void {
    if (this.#gathered.length + line.length > maxWaiting) return this.#drop(1, 'its reader does not keep up');
    this.#gathered += line;
    if (this.#gathered.length >= batch.maxChars) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), batch.flushInterval).unref();
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#isWriting || this.#gathered === '') return;
    const text = (this.#isCut ? '\n' : '') + this.#gathered;
    this.#gathered = '';
    this.#isWriting = true;
    this.sink.write(text, (error) => {
      this.#isWriting = false;
      this.#isCut = error !== undefined && error !== null;
      if (error) this.#drop(text.trim().split('\n').length, error.message);
      if (this.#gathered !== '') this.#timer ??= setTimeout(() => this.flush(), 0).unref();
    });
  }

  /** As the process ends. */
  end(): void {
    this.sink.end((this.#isCut ? '\n' : '') + this.#gathered);
    this.#gathered = '';
  }

  #drop(lines: number, reason: string): void {
    if (this.#dropped === 0)
      this.report(`log lines are dropped: the standard output cannot be written (${reason})\n`);
    this.#dropped += lines;
  }
}

/**
 * Pipes and sockets are written without blocking by libuv. Files and terminals are written in libuv's threads; what is
 * left of them at the end is written synchronously.
 */
function sinkOf(fd: number): Sink {
  const kind = fstatSync(fd);
  if (kind.isFIFO() || kind.isSocket()) {
    const socket = new Socket({ fd, readable: false, writable: true });
    // Each write reports its error; a pipe whose reader has gone has one for every line.
    socket.on('error', () => {}).unref();
    return {
      write: (text, done) => void socket.write(text, done),
      end: (text) => void (text !== '' && socket.write(text)),
    };
  }
  return {
    write: (text, done) => writeAll(fd, Buffer.from(text), done),
    end(text) {
      try {
        writeSync(fd, text);
      } catch {
        // The disk is full.
      }
    },
  };
}

function writeAll(fd: number, bytes: Buffer, done: Done): void {
  write(fd, bytes, (error, written) => {
    if (error) return done(error);
    if (written < bytes.length) return writeAll(fd, bytes.subarray(written), done);
    done();
  });
}

function reportOnStderr(text: string): void {
  try {
    const kind = fstatSync(2);
    // A full pipe would block the process.
    if (kind.isFIFO() || kind.isSocket()) process.stderr.on('error', () => {}).write(text);
    else writeSync(2, text);
  } catch {
    // The metric counts them all the same.
  }
}

let [lastInstant, lastTime] = [0, ''];

/** The instant in ISO 8601; made once for all lines of a millisecond. */
export function isoTime(): string {
  const now = Date.now();
  if (now !== lastInstant) [lastInstant, lastTime] = [now, new Date(now).toISOString()];
  return lastTime;
}

/** The instant as a field of a log line, `,"time":"…"`. */
export function timeField(): string {
  return `,"time":"${isoTime()}"`;
}
