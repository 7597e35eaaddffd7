import { randomBytes } from 'node:crypto';
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { failureResponse, HttpFailure } from './failure-response.js';

/** Bytes. A report of a rejected token has some 200, a client assertion some 1,500. */
export const bodyLimit = 16 * 1024;

/** Of a response that is neither cached nor followed by another one on its connection: the request may end anywhere. */
const lastHeaders = { 'content-type': 'application/json', 'cache-control': 'no-store', connection: 'close' };

/** Milliseconds for a client to close its side (nginx's `lingering_timeout`). */
const lingerTimeout = 1_000;

const reasons: Readonly<Record<string, [status: string, description: string]>> = {
  HPE_HEADER_OVERFLOW: [
    '431 Request Header Fields Too Large',
    'the address and headers are over 16 KiB; ask for less at once',
  ],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'the request took too long to arrive'],
};

/** An HTTP server with deadlines, which refuses what is not HTTP/1.1 in the form of the contract. */
export function httpListener(listener: RequestListener): Server {
  const server = createServer(
    {
      // Milliseconds for the head of a request and for all of it to arrive, and between two checks of both.
      headersTimeout: 10_000,
      requestTimeout: 15_000,
      connectionsCheckingInterval: 2_000,
      keepAliveTimeout: 72_000,
      // Node's own refusal has no body; the listener has to check the header.
      requireHostHeader: false,
      // The stream of a body that is not there is a tenth of the cost of a cache hit.
      optimizeEmptyRequests: true,
    },
    listener,
  );
  return server
    .on('clientError', rejectConnection)
    .on('connect', (_request, socket) => {
      // RFC 9110 §9.3.6
      endWith(socket, '400 Bad Request', 'CONNECT is not supported; ask for a path');
    })
    .on('checkExpectation', (_request, response: ServerResponse) => {
      // RFC 9110 §10.1.1 knows `100-continue` only.
      const body = bodyOf('leave out the header Expect');
      response.writeHead(417, { ...lastHeaders, 'content-length': Buffer.byteLength(body) }).end(body);
    });
}

/** Unique among replicas by random bits drawn once, and in this process by a count: no request waits for random bits. */
export function requestIds(): () => string {
  const prefix = randomBytes(9).toString('base64url');
  let count = 0;
  return () => `${prefix}-${(++count).toString(36)}`;
}

/** The URL of a server that is bound to this address. */
export function listeningUrl({ address, family, port }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

function rejectConnection(error: Error & { code?: string }, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  endWith(socket, ...(reasons[error.code ?? ''] ?? ['400 Bad Request', 'this is not HTTP/1.1']));
}

function endWith(socket: Duplex, status: string, description: string): void {
  const body = bodyOf(description);
  const lines = Object.entries({ ...lastHeaders, 'content-length': Buffer.byteLength(body) });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  socket.end(`HTTP/1.1 ${status}\r\n${head}\r\n${body}`);
  // Not at once: unread bytes would reset the connection before the response has arrived.
  setTimeout(() => socket.destroy(), lingerTimeout).unref();
}

function bodyOf(description: string): string {
  return JSON.stringify(failureResponse(HttpFailure.of(400, description)).body);
}
