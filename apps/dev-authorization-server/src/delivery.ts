import { type ServerResponse, STATUS_CODES } from 'node:http';
import { Duplex, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { TLSSocket } from 'node:tls';
import { createDeflate, createDeflateRaw, createGzip } from 'node:zlib';
import type { HttpResponse } from './http-response.js';
import type { ContentCoding, Effects } from './misbehaviour.js';

const kibibyteOfSpace = Buffer.alloc(1024, ' ');

/** The name in Content-Encoding, and the encoders in their order. */
const codings: Readonly<Record<ContentCoding, [name: string, ...(() => NodeJS.ReadWriteStream)[]]>> = {
  gzip: ['gzip', createGzip],
  'x-gzip': ['x-gzip', createGzip],
  deflate: ['deflate', createDeflate],
  'raw deflate': ['deflate', createDeflateRaw],
  'gzip, gzip': ['gzip, gzip', createGzip, createGzip],
};

/**
 * Sends a response in the given manner. Rejects with an AbortError or a premature close when the client is gone first.
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
  if (manner.lengthBesideChunked) {
    response.setHeader('content-length', body.length);
    response.setHeader('transfer-encoding', 'chunked');
  }
  if (manner.gzip || manner.coding || manner.hugeBody || manner.drip) return stream(body, manner, response);
  lastBytes();
  response.end(body);
}

async function whileOpen(response: ServerResponse, milliseconds: number): Promise<void> {
  const gone = new AbortController();
  const abort = (): void => gone.abort();
  response.once('close', abort);
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

async function stream(body: Buffer, manner: Effects, response: ServerResponse): Promise<void> {
  const { coding = manner.gzip ? 'gzip' : undefined, drip, hugeBody = 0 } = manner;
  const [name, ...encoders] = coding === undefined ? [] : codings[coding];
  const stages = encoders.map((create) => create());
  if (drip) stages.push(Duplex.from(dripping(drip)));
  if (name !== undefined) response.setHeader('content-encoding', name);
  response.flushHeaders();
  await pipeline([Readable.from(padded(body, hugeBody)), ...stages, response]);
}

function* padded(body: Buffer, kibibytes: number): Generator<Buffer> {
  for (let sent = 0; sent < kibibytes; sent++) yield kibibyteOfSpace;
  yield body;
}

type Stage = (source: AsyncIterable<Buffer>, options: { signal: AbortSignal }) => AsyncGenerator<Buffer>;

function dripping(milliseconds: number): Stage {
  return async function* drip(source, { signal }) {
    for await (const chunk of source) {
      for (const byte of chunk) {
        await sleep(milliseconds, undefined, { signal });
        yield Buffer.of(byte);
      }
    }
  };
}
