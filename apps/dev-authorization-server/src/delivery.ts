import { type ServerResponse, STATUS_CODES } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { TLSSocket } from 'node:tls';
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import type { HttpResponse } from './http-response.js';
import type { ContentCoding, Effects } from './misbehaviour.js';

/** The name in Content-Encoding, and the encoding. */
const codings: Readonly<Record<ContentCoding, [name: string, encode: (body: Buffer) => Buffer]>> = {
  gzip: ['gzip', gzipSync],
  'x-gzip': ['x-gzip', gzipSync],
  deflate: ['deflate', deflateSync],
  'raw deflate': ['deflate', deflateRawSync],
  'gzip, gzip': ['gzip, gzip', (body) => gzipSync(gzipSync(body))],
};

/**
 * Sends a response in the given manner. Rejects with an AbortError when the client is gone first.
 * @param lastBytes called before the last bytes leave, so that a client that has them all is never counted as waiting
 */
export async function deliver(
  { status, headers, body }: HttpResponse,
  manner: Effects,
  response: ServerResponse,
  lastBytes: () => void,
): Promise<void> {
  if (manner.delay) await whileOpen(response, manner.delay);
  if (manner.hang) return;
  if (manner.close) return void response.destroy();
  for (const interim of manner.interim ?? []) {
    response.socket?.write(`HTTP/1.1 ${interim} ${STATUS_CODES[interim] ?? 'Interim'}\r\n\r\n`);
  }
  response.statusCode = status;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (manner.resetMidBody) return resetMidBody(body, response);
  const [coding, encode] = codings[manner.coding ?? 'gzip'];
  const isEncoded = manner.gzip || manner.coding !== undefined;
  const padded = Buffer.concat([Buffer.alloc(1024 * (manner.hugeBody ?? 0), ' '), body]);
  const sent = isEncoded ? encode(padded) : padded;
  if (isEncoded) response.setHeader('content-encoding', coding);
  if (manner.lengthBesideChunked) {
    response.setHeader('content-length', sent.length);
    response.setHeader('transfer-encoding', 'chunked');
  }
  // Without a Content-Length, as of a server that does not know the size yet.
  if (isEncoded || manner.hugeBody || manner.drip) response.flushHeaders();
  for (const byte of manner.drip ? sent : []) {
    await whileOpen(response, manner.drip ?? 0);
    response.write(Buffer.of(byte));
  }
  lastBytes();
  response.end(manner.drip ? undefined : sent);
}

async function whileOpen(response: ServerResponse, milliseconds: number): Promise<void> {
  const gone = new AbortController();
  const abort = (): void => gone.abort();
  response.once('close', abort);
  if (response.destroyed) abort();
  await sleep(milliseconds, undefined, { signal: gone.signal });
  response.off('close', abort);
}

async function resetMidBody(body: Buffer, response: ServerResponse): Promise<void> {
  const half = body.subarray(0, Math.ceil(body.length / 2));
  response.setHeader('content-length', Math.max(body.length, 2));
  response.flushHeaders();
  await new Promise((written) => response.write(half, written));
  const { socket } = response;
  // Node resets plain TCP connections only.
  if (socket instanceof TLSSocket) socket.destroy();
  else socket?.resetAndDestroy();
}
