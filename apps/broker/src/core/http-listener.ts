import { randomBytes } from 'node:crypto';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
  ServerResponse,
} from 'node:http';
import type { Server as SecureServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { type Clock, SystemClock } from '#tokens/model/clock.js';
import type { TlsSettings } from '../settings/settings.js';
import { failureResponse, HttpFailure } from './failure-response.js';
import { Pipelines } from './pipelines.js';
import { httpsServer } from './tls.js';

/** Bytes. A report of a rejected token has some 200, a client assertion some 1,500. */
export const bodyLimit = 16 * 1024;

/** Of the response to what has no head that could be parsed. */
const lastHeaders = ['content-type: application/json', 'cache-control: no-store', 'connection: close'];

/** Milliseconds for a client to close its side (nginx's `lingering_timeout`). */
const lingerTimeout = 1_000;

const reasons: Readonly<Record<string, [status: number, reason: string, description: string]>> = {
  HPE_HEADER_OVERFLOW: [
    431,
    'Request Header Fields Too Large',
    'the URL and headers exceed 16 KiB; request fewer scopes at once',
  ],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout', 'the request took too long to arrive'],
};

/** Answers a request that is refused before it is looked at. */
export type Refuse = (request: IncomingMessage, response: ServerResponse, failure: HttpFailure) => void;

/** Of request ids: two digits to the base of 36, made once. */
const lastDigits = Array.from({ length: 36 ** 2 }, (_, number) => number.toString(36).padStart(2, '0'));

/** Of bodies that are being read: how their requests fail when they are malformed or late. */
const bodies = new WeakMap<Duplex, (failure: HttpFailure) => void>();

const options: ServerOptions = {
  // Milliseconds for the head of a request and for all of it to arrive, and between two checks of both.
  headersTimeout: 10_000,
  requestTimeout: 15_000,
  connectionsCheckingInterval: 2_000,
  keepAliveTimeout: 72_000,
  // Node's own refusal has no body; the listener has to check the header.
  requireHostHeader: false,
  // The stream of a body that is not there is a tenth of the cost of a cache hit.
  optimizeEmptyRequests: true,
};

export interface TlsOptions {
  /** Absent: plain HTTP. */
  tls?: TlsSettings | undefined;
  /** Takes the connections that speak HTTP/2; without it none does. */
  acceptHttp2?: ((socket: TLSSocket) => void) | undefined;
}

/**
 * An HTTP server with deadlines and bounded pipelines, which refuses what is not HTTP/1.1 in the form of the contract. Each connection has a
 * listener for errors as long as it lives: Node.js takes its own away from that of a CONNECT, whose client could then end
 * the process by a reset.
 */
export function httpListener(
  listener: RequestListener,
  refuse: Refuse,
  { tls, acceptHttp2 }: TlsOptions = {},
  clock: Clock = new SystemClock(),
): Server | SecureServer {
  const pipelines = new Pipelines(clock);
  const admit: RequestListener = (request, response) => {
    if (!pipelines.admit(request, response)) return;
    if (isUnframed(request)) refuse(request, response, last(400, 'Transfer-Encoding must be chunked'));
    else listener(request, response);
  };
  const server: Server | SecureServer =
    tls === undefined ? createServer(options, admit) : httpsServer(options, admit, tls, acceptHttp2);
  const stalledCheck = setInterval(() => pipelines.closeStalled(), 1_000).unref();
  server.once('close', () => clearInterval(stalledCheck));
  for (const event of ['connection', 'secureConnection'])
    server.on(event, (socket: Socket) => void socket.on('error', () => {}));
  return server
    .on('clientError', rejectConnection)
    .on('connect', (request: IncomingMessage, socket: Socket) => {
      // RFC 9110 §9.3.6. Node leaves the bare socket of such a request.
      const response = new ServerResponse(request);
      response.assignSocket(socket);
      response.once('finish', () => endWith(socket, ''));
      refuse(request, response, last(400, 'CONNECT is not supported; request a path'));
    })
    .on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
      // RFC 9110 §10.1.1 knows `100-continue` only.
      refuse(request, response, last(417, 'the header Expect is not supported; remove it'));
    });
}

/**
 * Whether a proxy may see another end of the request: HTTP/1.0 knows no transfer codings (RFC 9112 §6.1), and servers
 * differ on lists of them. What is no coding Node.js refuses.
 */
function isUnframed({ headers, httpVersionMinor }: IncomingMessage): boolean {
  const coding = headers['transfer-encoding'];
  return coding !== undefined && (httpVersionMinor === 0 || coding.includes(','));
}

/** Has a request fail when its body turns out to be malformed or late; what comes after the body is another request's. */
export function onMalformedBody(request: IncomingMessage, fail: (failure: HttpFailure) => void): void {
  const { socket } = request;
  bodies.set(socket, fail);
  request.once('end', () => bodies.delete(socket));
}

/** The connection ends with the response, as the end of the request is unknown. */
function last(status: number, message: string): HttpFailure {
  return new HttpFailure(status, message, { connection: 'close' });
}

/** Unique among replicas by random bits drawn once, and in this process by a count: no request waits for random bits. */
export function requestIds(): () => string {
  const run = randomBytes(9).toString('base64url');
  let [prefix, rounds, count] = [`${run}-`, 0, 0];
  return () => {
    if (++count === lastDigits.length) [prefix, count] = [`${run}-${(++rounds).toString(36)}`, 0];
    return prefix + lastDigits[count];
  };
}

/** The URL of a server that is bound to an address. */
export function listeningUrl(server: Server | SecureServer): string {
  const { address, family, port } = server.address() as AddressInfo;
  const scheme = 'setSecureContext' in server ? 'https' : 'http';
  return `${scheme}://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

function rejectConnection(error: Error & { code?: string }, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const [status, reason, message] = reasons[error.code ?? ''] ?? [400, 'Bad Request', 'this is not HTTP/1.1'];
  const fail = bodies.get(socket);
  if (fail !== undefined) return fail(last(status, message));
  const response = inFlight(socket);
  if (response?.req.complete) {
    // Sent now it would be taken for the response of that request. Each further chunk would be an error, too.
    socket.pause();
    return void response.once('close', () => rejectConnection(error, socket));
  }
  const body = JSON.stringify(failureResponse(last(status, message)).body);
  const head = [...lastHeaders, `content-length: ${Buffer.byteLength(body)}`].join('\r\n');
  endWith(socket, `HTTP/1.1 ${status} ${reason}\r\n${head}\r\n\r\n${body}`);
}

/** Node keeps it at the socket, and documents no other way to it. */
function inFlight(socket: Duplex & { _httpMessage?: ServerResponse | null }): ServerResponse | undefined {
  const { _httpMessage: response } = socket;
  return response ?? undefined;
}

function endWith(socket: Duplex, text: string): void {
  socket.end(text);
  // Not at once: unread bytes would reset the connection before the response has arrived.
  setTimeout(() => socket.destroy(), lingerTimeout).unref();
}
