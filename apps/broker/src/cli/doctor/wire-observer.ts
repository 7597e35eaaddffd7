import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import { errorCode } from '#http/http-failure.js';
import type { Clock } from '#tokens/model/clock.js';

/**
 * Observes the wire while the broker's own OAuth code asks for a token, by the diagnostics channel of node:http: so the
 * doctor needs no second way to ask. Of one request at a time.
 */
export class WireObserver {
  #observation: Observation = noObservation;

  constructor(private readonly clock: Clock) {}

  /** What was seen while this ran, whatever became of it. */
  async watch<T>(
    run: () => Promise<T>,
  ): Promise<{ result: PromiseSettledResult<T>; observation: Observation }> {
    // A connection that is used again was seen before.
    const { connected, certificateEndsAt } = this.#observation;
    this.#observation = { ...noObservation, connected, ...(certificateEndsAt && { certificateEndsAt }) };
    const listener = (message: unknown) => this.#observe((message as { request: ClientRequest }).request);
    subscribe('http.client.request.created', listener);
    const [result] = await Promise.allSettled([run()]);
    unsubscribe('http.client.request.created', listener);
    return { result: result as PromiseSettledResult<T>, observation: this.#observation };
  }

  #observe(request: ClientRequest): void {
    // That to a proxy: what becomes of it shows in the request that it is for.
    if (request.method === 'CONNECT') return;
    this.#note({ ...unanswered, metadata: request.method === 'GET' });
    request.once('socket', (socket) => {
      const connected = () => this.#note({ connected: true, ...certificateOf(socket) });
      if (!socket.connecting) return connected();
      socket.once(socket instanceof TLSSocket ? 'secureConnect' : 'connect', connected);
    });
    request.once('response', (response) => {
      this.#note(this.#response(response));
      response.once('end', () => this.#note({ complete: true }));
      response.once('error', (error) => this.#note(codeOf(error)));
    });
    request.once('error', (error) => this.#note(codeOf(error)));
  }

  #note(seen: Partial<Observation>): void {
    this.#observation = { ...this.#observation, ...seen };
  }

  #response({ statusCode, headers }: IncomingMessage): Partial<Observation> {
    const date = Date.parse(headers.date ?? '');
    return {
      status: statusCode,
      isPage: /^text\/html\b/i.test(headers['content-type']?.trim() ?? ''),
      hasVia: headers.via !== undefined,
      // The header cuts the second off: on average it is half a second late.
      ...(Number.isFinite(date) && { skew: date + 500 - this.clock.wallTime() }),
    };
  }
}

const unanswered = { status: undefined, errorCode: undefined, isPage: false, hasVia: false, complete: false };

function certificateOf(socket: unknown): Partial<Observation> {
  if (!(socket instanceof TLSSocket)) return {};
  const endsAt = Date.parse(socket.getPeerCertificate().valid_to);
  return Number.isFinite(endsAt) ? { certificateEndsAt: endsAt } : {};
}

/** The codes of Node.js and OpenSSL are in capitals; those of the broker are not. */
function codeOf(error: unknown): Partial<Observation> {
  const code = errorCode(error) ?? '';
  return /^[A-Z][A-Z0-9_]+$/.test(code) ? { errorCode: code } : {};
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
