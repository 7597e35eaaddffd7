import { createHash } from 'node:crypto';
import { type Duplex, pipeline, type Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import { Agent, type Dispatcher } from 'undici';
import type { Secret } from '#tokens/model/secret.js';
import { withinDeadline } from './deadline.js';
import { HttpFailure, isUndecodable } from './http-failure.js';
import { mediaType } from './media-type.js';

/** Bytes of a body, after decompression, that are read: 256 KiB. */
export const maxBodySize = 256 * 1024;

export interface HttpClientOptions {
  /** Milliseconds in all for one request. Connecting, and silence within a body, may take 5 s of them at most. */
  timeout: number;
  /** PEM: the authorities to trust instead of the usual ones. */
  ca?: string | undefined;
  /** For mutual TLS, PEM. */
  certificate?: { certificate: string; key: Secret } | undefined;
}

export interface HttpRequest {
  method?: 'GET' | 'POST';
  headers: Readonly<Record<string, string>>;
  body?: string | undefined;
  signal?: AbortSignal | undefined;
}

export interface HttpResponse {
  status: number;
  headers: { get(name: string): string | null };
  /** Of a body over `maxBodySize` one byte more than that, so that its excess shows; empty when it does not decompress. */
  body: Uint8Array;
}

/** HTTP for machines: kept connections, deadlines, a bounded body, no redirects, and errors that hold nothing secret. */
export class HttpClient {
  readonly #timeout: number;
  readonly #agent: Agent;
  #closed: Promise<void> | undefined;

  constructor({ timeout, ca, certificate }: HttpClientOptions) {
    const shortTimeout = Math.min(timeout, 5_000);
    this.#timeout = timeout;
    this.#agent = new Agent({
      // One request every few minutes gains nothing by HTTP/2.
      allowH2: false,
      connect: {
        timeout: shortTimeout,
        ca,
        cert: certificate?.certificate,
        key: certificate?.key.reveal(),
      },
      headersTimeout: timeout,
      bodyTimeout: shortTimeout,
    });
  }

  /** @throws HttpFailure, or the reason of the signal when it aborts */
  send(url: URL, { method = 'GET', headers, body, signal }: HttpRequest): Promise<HttpResponse> {
    const late = () => new HttpFailure(url, 'TIMEOUT');
    return withinDeadline(this.#timeout, late, signal, async (deadline) => {
      try {
        const response = await this.#agent.request({
          origin: url.origin,
          path: url.pathname + url.search,
          method,
          headers: { 'user-agent': 'token-broker', ...headers },
          body: body ?? null,
          signal: deadline,
        });
        return {
          status: response.statusCode,
          headers: { get: (name) => response.headers[name]?.toString() ?? null },
          body: await readBody(response),
        };
      } catch (error) {
        deadline.throwIfAborted();
        throw HttpFailure.of(url, error);
      }
    });
  }

  /** Ends the connections as soon as the requests in flight are answered. */
  close(): Promise<void> {
    return (this.#closed ??= this.#agent.close());
  }
}

/** What may be said of a body that may hold a token or a secret: its length, media type and hash. */
export function describeBody({ headers, body }: HttpResponse): string {
  const length = body.length > maxBodySize ? `more than ${maxBodySize}` : String(body.length);
  const type = mediaType(headers.get('content-type'));
  const sha256 = createHash('sha256').update(body).digest('hex').slice(0, 12);
  return `${length} bytes of ${knownTypes.has(type) ? type : 'unknown type'}, SHA-256 ${sha256}`;
}

/** Types in which responses come by mistake. Any other is not shown: a server may put anything into it. */
const knownTypes = new Set([
  'application/json',
  'application/jwt',
  'application/octet-stream',
  'application/problem+json',
  'application/x-www-form-urlencoded',
  'application/xml',
  'text/html',
  'text/plain',
  'text/xml',
]);

/** Leaving the loop early cancels the rest of the body and ends its connection. */
async function readBody(response: Dispatcher.ResponseData): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of decompressed(response) as AsyncIterable<Uint8Array>) {
      chunks.push(chunk);
      length += chunk.byteLength;
      if (length > maxBodySize) break;
    }
  } catch (error) {
    if (isUndecodable(error)) return new Uint8Array();
    throw error;
  }
  return Buffer.concat(chunks).subarray(0, maxBodySize + 1);
}

/** None is asked for, and some servers compress all the same. */
const decompressors = new Map<string, () => Duplex>([
  ['gzip', createGunzip],
  ['deflate', createInflate],
  ['br', createBrotliDecompress],
  ['zstd', createZstdDecompress],
]);

function decompressed({ headers, body }: Dispatcher.ResponseData): Readable {
  const decompressor = decompressors.get(String(headers['content-encoding']).toLowerCase());
  // An error reaches the reader of the last stream.
  return decompressor === undefined ? body : pipeline(body, decompressor(), () => {});
}
