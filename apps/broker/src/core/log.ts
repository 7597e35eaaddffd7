import { format } from 'node:util';
import type { LoggerService } from '@nestjs/common';
import { type DestinationStream, type Logger, pino } from 'pino';
import { timeField } from './buffered-output.js';

/** What may hold a secret is cut out wherever it stands, though nothing of ours should put it there. */
const secretFields = [
  'authorization',
  'access_token',
  'client_secret',
  'client_assertion',
  'clientSecret',
  'accessToken',
  'password',
];

/** JSON lines. */
export function createLog(output: DestinationStream): Logger {
  const options = {
    base: undefined,
    timestamp: timeField,
    formatters: { level: (level: string) => ({ level }) },
    redact: {
      paths: secretFields.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]),
      censor: '[redacted]',
    },
    serializers: { err: plainError },
  };
  return pino(options, output);
}

/** Milliseconds in which a line of a library is logged once: ioredis repeats its warnings with each reconnection. */
const repeatedAfter = 60_000;

/** So many different lines are remembered. */
const mostRemembered = 100;

/**
 * Lines that libraries write to the console, in the same form: nothing else may stand between the JSON lines. One that comes
 * again within a minute is counted, and the next line like it has the number of those left out.
 */
export function captureConsole(log: Logger, now = () => performance.now()): void {
  const lines = new Map<string, { at: number; leftOut: number }>();
  for (const method of ['debug', 'info', 'log', 'warn', 'error'] as const) {
    const level = method === 'log' ? 'info' : method;
    console[method] = (...words: unknown[]) => {
      const line = format(...words).slice(0, 500);
      const before = lines.get(line);
      if (before !== undefined && now() - before.at < repeatedAfter) {
        before.leftOut++;
        return;
      }
      if (lines.size >= mostRemembered) lines.clear();
      lines.set(line, { at: now(), leftOut: 0 });
      const leftOut = before?.leftOut ?? 0;
      log[level]({ library: true, ...(leftOut > 0 && { leftOut }) }, line);
    };
  }
}

/** An error without what libraries hang on it: requests, options, answers. */
function plainError(error: unknown): unknown {
  if (!(error instanceof Error)) return { message: typeof error };
  const { name, message, stack, cause } = error;
  const code = 'code' in error ? error.code : undefined;
  return { name, message, code, stack, cause: cause === undefined ? undefined : plainError(cause) };
}

/** Nest's own lines in the same form. It would log every route and module at start. */
export class NestLog implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown): void {
    this.logger.debug({ nest: true }, String(message));
  }

  warn(message: unknown): void {
    this.logger.warn({ nest: true }, String(message));
  }

  error(message: unknown): void {
    this.logger.error({ nest: true, err: message instanceof Error ? message : undefined }, String(message));
  }
}
