import type { ServerResponse } from 'node:http';
import { Duplex, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { TLSSocket } from 'node:tls';
import { createGzip } from 'node:zlib';
import type { Answer } from './answer.js';
import type { Effects } from './misbehaviour.js';

const kibibyteOfSpace = Buffer.alloc(1024, ' ');

/**
 * Sends an answer in the given manner. Rejects with an AbortError or a premature close when the client is gone first.
 * @param lastBytes called before the last bytes leave, so that a client that has them all is never counted as waiting
 */
export async function deliver(
  answer: Answer,
  manner: Effects,
  response: ServerResponse,
  lastBytes: () => void,
): Promise<void> {
  if (manner.delay) await whileOpen(response, manner.delay);
  if (manner.hang) return;
  if (manner.close) return void response.destroy();
  response.statusCode = answer.status;
  for (const [name, value] of Object.entries(answer.headers)) response.setHeader(name, value);
  if (manner.resetMidBody) return resetMidBody(answer.body, response);
  if (manner.gzip || manner.hugeBody || manner.drip) return stream(answer.body, manner, response);
  lastBytes();
  response.end(answer.body);
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
  const stages: NodeJS.ReadWriteStream[] = [];
  if (manner.gzip) stages.push(createGzip());
  if (manner.drip) stages.push(Duplex.from(dripping(manner.drip)));
  if (manner.gzip) response.setHeader('content-encoding', 'gzip');
  response.flushHeaders();
  await pipeline([Readable.from(padded(body, manner.hugeBody ?? 0)), ...stages, response]);
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
