import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FastifyError, FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify';
import { Failure } from '#tokens/model/failures.js';
import { failureAnswer } from './failure-answer.js';
import { hasOneHost } from './request-parts.js';

/** Neither kept by anybody nor followed by another request on the same connection: its end may be anywhere. */
const headers = { 'content-type': 'application/json', 'cache-control': 'no-store', connection: 'close' };

/** Milliseconds for a client to end its side, too. One that never does would hold the connection for ever. */
const farewell = 1_000;

const reasons: Readonly<Record<string, [status: string, description: string]>> = {
  HPE_HEADER_OVERFLOW: [
    '431 Request Header Fields Too Large',
    'the address and headers are over 16 KiB; ask for less at once',
  ],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'the request took too long to arrive'],
};

/** What is not HTTP, or too large for it, gets its answer on the bare socket. */
export function refuseConnection(error: Error & { code?: string }, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  endWith(socket, ...(reasons[error.code ?? ''] ?? ['400 Bad Request', 'this is not HTTP/1.1']));
}

/** RFC 9110 §9.3.6: CONNECT. Nothing but its socket is left of such a request. */
export function refuseTunnel(_request: IncomingMessage, socket: Duplex): void {
  endWith(socket, '400 Bad Request', 'this is no proxy; ask for a path');
}

/** RFC 9110 §10.1.1 knows `100-continue` only. */
export function refuseExpectation(_request: IncomingMessage, response: ServerResponse): void {
  const body = bodyOf('leave out the header Expect');
  response.writeHead(417, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body);
}

/** A path that is no percent-encoded UTF-8: no route, no hook has seen it. */
export function refuseUrl(_error: FastifyError, _request: FastifyRequest, reply: FastifyReply): void {
  void reply.code(400).headers(headers).send(bodyOf('the address is malformed'));
}

export function requireHost(
  { raw }: FastifyRequest,
  _reply: FastifyReply,
  done: HookHandlerDoneFunction,
): void {
  done(hasOneHost(raw) ? undefined : new Failure('invalid_request', 'there must be one Host header'));
}

function endWith(socket: Duplex, status: string, description: string): void {
  const body = bodyOf(description);
  const lines = Object.entries({ ...headers, 'content-length': Buffer.byteLength(body) });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  socket.end(`HTTP/1.1 ${status}\r\n${head}\r\n${body}`);
  // Not at once: what is unread would reset the connection, and the answer with it.
  setTimeout(() => socket.destroy(), farewell).unref();
}

function bodyOf(description: string): string {
  return JSON.stringify(failureAnswer(new Failure('invalid_request', description)).body);
}
