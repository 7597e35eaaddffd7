import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import {
  constants,
  createServer,
  type Http2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type Http2Session,
} from 'node:http2';
import type { TLSSocket } from 'node:tls';
import type { Clock } from '#tokens/model/clock.js';
import { HttpFailure } from '../core/failure-response.js';
import type { Refuse } from '../core/http-listener.js';

/** Requests in progress on one connection; the client has to wait beyond them (RFC 9113 §5.1.2). */
const perConnection = 100;
/**
 * On all connections together: beyond it a connection has its equal share of them, and at least one. What is refused is
 * unprocessed, so its client may repeat it (§8.7).
 */
const mostInAll = 8_192;
/** Milliseconds: without a request on a connection, for all of a request, and for its client to take the response. Frames
 * that are no request prolong nothing. */
const deadlines = { idle: 72_000, request: 15_000, unread: 5_000 };
/** Highest stream id: announces the end without refusing what is on its way (§6.8). */
const lastStreamId = 2 ** 31 - 1;

interface Exchange {
  request: Http2ServerRequest;
  response: Http2ServerResponse;
  /** Milliseconds of the monotonic clock. */
  startedAt: number;
  /** When it was first seen that all has been written. */
  writtenAt: number | undefined;
}

/** The HTTP/2 connections of the consumers' port, bounded as those of HTTP/1.1 are. */
export class Http2Connections {
  readonly #server: Http2Server;
  readonly #sessions = new Map<Http2Session, { requests: number; lastRequestAt: number }>();
  readonly #exchanges = new Set<Exchange>();
  #isDraining = false;

  constructor(
    listener: RequestListener,
    refuse: Refuse,
    private readonly clock: Clock,
    private readonly inAll = mostInAll,
  ) {
    this.#server = createServer({
      // Megabytes: more than so many requests with all that they may bring.
      maxSessionMemory: 4,
      settings: { maxConcurrentStreams: perConnection, enablePush: false },
    });
    this.#server
      .on('session', (session: Http2Session) => this.#begin(session))
      .on('request', (request, response) => {
        if (this.#admit(request, response)) listener(asHttp1(request), asHttp1Response(response));
      })
      .on('connect', (request: Http2ServerRequest, response: Http2ServerResponse) =>
        refuse(
          asHttp1(request),
          asHttp1Response(response),
          new HttpFailure(400, 'CONNECT is not supported; request a path'),
        ),
      )
      .on('checkExpectation', (request, response) =>
        refuse(
          asHttp1(request),
          asHttp1Response(response),
          new HttpFailure(417, 'the header Expect is not supported; remove it'),
        ),
      );
  }

  accept(socket: TLSSocket): void {
    this.#server.emit('connection', socket);
  }

  /** Announces to each client that its connection ends soon; requests that come nevertheless are served. */
  drain(): void {
    this.#isDraining = true;
    for (const session of this.#sessions.keys()) announceEnd(session);
  }

  /** Ends each connection with the last response of those in progress. */
  close(): void {
    this.drain();
    for (const session of this.#sessions.keys()) session.close();
  }

  /** Ends what takes too long: a request to arrive, or its client to take the response. To be called each second or so. */
  closeStalled(): void {
    const now = this.clock.now();
    for (const exchange of this.#exchanges) {
      const { request, response, startedAt, writtenAt } = exchange;
      if (response.writableEnded) exchange.writtenAt ??= now;
      const isUnread = writtenAt !== undefined && now - writtenAt > deadlines.unread;
      const isLate = !isWhole(request) && now - startedAt > deadlines.request;
      if (isUnread) request.stream.session?.destroy();
      else if (isLate) request.stream.close(constants.NGHTTP2_CANCEL);
    }
    for (const [session, { requests, lastRequestAt }] of this.#sessions) {
      if (requests === 0 && now - lastRequestAt > deadlines.idle) session.close();
    }
  }

  #begin(session: Http2Session): void {
    this.#sessions.set(session, { requests: 0, lastRequestAt: this.clock.now() });
    session.once('close', () => this.#sessions.delete(session));
  }

  #admit(request: Http2ServerRequest, response: Http2ServerResponse): boolean {
    const { stream } = request;
    const { session } = stream;
    const own = session && this.#sessions.get(session);
    if (this.#exchanges.size >= this.inAll && (own?.requests ?? 0) >= this.#share) {
      stream.close(constants.NGHTTP2_REFUSED_STREAM);
      return false;
    }
    const startedAt = this.clock.now();
    if (own) {
      own.requests++;
      own.lastRequestAt = startedAt;
    }
    const exchange = { request, response, startedAt, writtenAt: undefined };
    this.#exchanges.add(exchange);
    stream.once('close', () => {
      this.#exchanges.delete(exchange);
      if (own) own.requests--;
    });
    // RFC 9113 §8.1: the rest of a body that was refused is not waited for.
    if (!stream.endAfterHeaders) stream.once('finish', () => stream.close(constants.NGHTTP2_NO_ERROR));
    if (this.#isDraining && session !== undefined) announceEnd(session);
    return true;
  }

  /** A client that reads nothing could otherwise keep all others out by its connections. */
  get #share(): number {
    return Math.max(1, Math.floor(this.inAll / this.#sessions.size));
  }
}

function announceEnd(session: Http2Session): void {
  if (!session.closed && !session.destroyed) session.goaway(constants.NGHTTP2_NO_ERROR, lastStreamId);
}

function isWhole(request: Http2ServerRequest): boolean {
  return request.stream.endAfterHeaders || request.readableEnded;
}

/** The compatibility API of Node.js has what the walk reads, except `Host`: `:authority` stands for it (RFC 9113 §8.3.1). */
function asHttp1(request: Http2ServerRequest): IncomingMessage {
  const { ':authority': authority, host = authority } = request.headers;
  if (host !== undefined) request.headers.host = host;
  return request as unknown as IncomingMessage;
}

/** And what it calls. */
function asHttp1Response(response: Http2ServerResponse): ServerResponse {
  return response as unknown as ServerResponse;
}
