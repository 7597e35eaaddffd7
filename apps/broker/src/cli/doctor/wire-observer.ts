import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { TLSSocket } from 'node:tls';
import type { Clock } from '#tokens/model/clock.js';

type Listener = (message: unknown) => void;

interface Seen {
  request: { method: string };
  response: { statusCode: number; headers: readonly Buffer[] };
  socket: unknown;
  error: unknown;
}

/**
 * Observes the wire while the broker's own OAuth code asks for a token, by undici's diagnostics channels: so the doctor needs no
 * second way to ask. Of one request at a time.
 */
export class WireObserver {
  #observation: Observation = noObservation;
  readonly #listeners: readonly (readonly [string, Listener])[];

  constructor(private readonly clock: Clock) {
    const on = (name: string, note: (seen: Seen) => Partial<Observation>): readonly [string, Listener] => [
      `undici:${name}`,
      (message) => {
        this.#observation = { ...this.#observation, ...note(message as Seen) };
      },
    ];
    this.#listeners = [
      on('client:connected', ({ socket }) => ({ connected: true, ...certificateOf(socket) })),
      on('client:connectError', ({ error }) => codeOf(error)),
      on('request:create', ({ request }) => ({
        ...unanswered,
        metadata: request.method === 'GET',
      })),
      on('request:headers', ({ response }) => this.#response(response)),
      on('request:trailers', () => ({ complete: true })),
      on('request:error', ({ error }) => codeOf(error)),
    ];
  }

  /** What was seen while this ran, whatever became of it. */
  async watch<T>(
    run: () => Promise<T>,
  ): Promise<{ result: PromiseSettledResult<T>; observation: Observation }> {
    // A connection that is used again was seen before.
    const { connected, certificateEndsAt } = this.#observation;
    this.#observation = { ...noObservation, connected, ...(certificateEndsAt && { certificateEndsAt }) };
    for (const [name, listener] of this.#listeners) subscribe(name, listener);
    const [result] = await Promise.allSettled([run()]);
    for (const [name, listener] of this.#listeners) unsubscribe(name, listener);
    return { result: result as PromiseSettledResult<T>, observation: this.#observation };
  }

  #response({ statusCode, headers }: Seen['response']): Partial<Observation> {
    const date = Date.parse(header(headers, 'date') ?? '');
    const type = header(headers, 'content-type') ?? '';
    return {
      status: statusCode,
      isPage: /^text\/html\b/i.test(type.trim()),
      hasVia: header(headers, 'via') !== undefined,
      // The header cuts the second off: on the average it is half a second late.
      ...(Number.isFinite(date) && { skew: date + 500 - this.clock.wallTime() }),
    };
  }
}

const unanswered = { status: undefined, errorCode: undefined, isPage: false, hasVia: false, complete: false };

function header(headers: readonly Buffer[], name: string): string | undefined {
  const index = headers.findIndex((one, n) => n % 2 === 0 && one.toString('latin1').toLowerCase() === name);
  return index < 0 ? undefined : headers[index + 1]?.toString('latin1');
}

function certificateOf(socket: unknown): Partial<Observation> {
  if (!(socket instanceof TLSSocket)) return {};
  const endsAt = Date.parse(socket.getPeerCertificate().valid_to);
  return Number.isFinite(endsAt) ? { certificateEndsAt: endsAt } : {};
}

/** The codes of Node.js, OpenSSL and undici are in capitals; those of this house are not. */
function codeOf(error: unknown): Partial<Observation> {
  for (let one = error; one instanceof Error; one = one.cause) {
    if ('code' in one && typeof one.code === 'string' && /^[A-Z][A-Z0-9_]+$/.test(one.code)) {
      return { errorCode: one.code };
    }
  }
  return {};
}

/** What was seen on the wire while a token was asked for. It holds no value of the response that could be a secret. */
export interface Observation {
  /** Whether the last request was for the issuer's metadata, not for a token. Undefined when none was made. */
  metadata?: boolean;
  /** Whether a connection stood. */
  connected: boolean;
  /** Of the last error of the connection: `ECONNREFUSED`, `CERT_HAS_EXPIRED`. */
  errorCode?: string;
  status?: number;
  /** The media type is that of a page. */
  isPage: boolean;
  /** A header says that the response came through an intermediary. */
  hasVia: boolean;
  /** Whether the response came to its end. */
  complete: boolean;
  /** Milliseconds by which the server's clock is ahead of this machine's; its header has whole seconds only. */
  skew?: number;
  /** When the server's certificate ends: milliseconds since 1970. */
  certificateEndsAt?: number;
}

export const noObservation: Observation = { connected: false, isPage: false, hasVia: false, complete: false };
