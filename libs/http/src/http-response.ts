import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import {
  brotliDecompressSync,
  gunzipSync,
  inflateRawSync,
  inflateSync,
  zstdDecompressSync,
  type InputType,
  type ZlibOptions,
} from 'node:zlib';
import { parseJsonObject } from '#tokens/model/json-object.js';
import { errorCode } from './http-failure.js';
import { decodeText, mediaType } from './header-fields.js';

/** Bytes of a body, after decompression, that are read: 256 KiB. */
export const maxBodySize = 256 * 1024;

export interface HttpResponse {
  status: number;
  headers: { get(name: string): string | null };
  /** Of a body over `maxBodySize` one byte more than that, so that its excess shows. */
  body: Uint8Array;
}

/** Interim responses (RFC 9110 §15.2) have been skipped by Node.js. Leaving the loop early ends the connection. */
export async function readResponse(response: IncomingMessage): Promise<HttpResponse> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of response as AsyncIterable<Uint8Array>) {
      chunks.push(chunk);
      length += chunk.byteLength;
      if (length > maxBodySize) break;
    }
  } catch (error) {
    const isCut = errorCode(error) === 'ECONNRESET';
    throw isCut ? Object.assign(new Error('the body was cut'), { code: 'BODY_CUT' }) : error;
  }
  const headers = { get: (name: string) => response.headers[name]?.toString() ?? null };
  const raw = Buffer.concat(chunks).subarray(0, maxBodySize + 1);
  return {
    status: response.statusCode ?? 0,
    headers,
    body: decodeBody(raw, headers.get('content-encoding'), maxBodySize),
  };
}

/** The members of a JSON object; undefined for any other body, and for one over `maxBodySize`. */
export function jsonObjectIn({ headers, body }: HttpResponse): ReadonlyMap<string, unknown> | undefined {
  return body.length > maxBodySize
    ? undefined
    : parseJsonObject(decodeText(body, headers.get('content-type')));
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

type Decode = (body: InputType, options: Pick<ZlibOptions, 'maxOutputLength'>) => Buffer;

/** RFC 9110 §8.4.1, RFC 7932, RFC 8878. None is asked for, and some servers compress all the same. */
const decoders: ReadonlyMap<string, Decode> = new Map<string, Decode>([
  ['gzip', gunzipSync],
  ['x-gzip', gunzipSync],
  ['deflate', inflateEither],
  ['br', brotliDecompressSync],
  ['zstd', zstdDecompressSync],
  ['identity', (body) => Buffer.from(body as Uint8Array)],
]);

/** Codings of one body: more of them would be an attack. */
const maxCodings = 3;

/**
 * A body without its content codings, of which the last in the header was applied last. What is not coded as its header
 * says stays as it is: some servers name a charset there, others leave the header out, or add it to what is plain.
 * @param maxLength bytes; a body that is longer is returned with one byte more, all of them zero
 */
function decodeBody(body: Uint8Array, contentEncoding: string | null, maxLength: number): Uint8Array {
  const codings = (contentEncoding ?? '').split(',').map((coding) => coding.trim().toLowerCase());
  const named = codings.filter((coding) => decoders.has(coding)).toReversed();
  const applied = named.length === 0 && isGzip(body) ? ['gzip'] : named;
  if (applied.length > maxCodings || body.length > maxLength) return body;
  let decoded = body;
  for (const coding of applied) {
    try {
      decoded = decoders.get(coding)!(decoded, { maxOutputLength: maxLength });
    } catch (error) {
      return error instanceof RangeError ? new Uint8Array(maxLength + 1) : body;
    }
  }
  return decoded;
}

/** By its magic number (RFC 1952 §2.3.1). */
function isGzip([first, second]: Uint8Array): boolean {
  return first === 0x1f && second === 0x8b;
}

/** `deflate` with its zlib header (RFC 9110 §8.4.1.2), or without, as some servers send it. */
function inflateEither(body: InputType, options: Pick<ZlibOptions, 'maxOutputLength'>): Buffer {
  // CM = 8 in the low bits of the first byte (RFC 1950 §2.2), and a checksum of the first two.
  const [first = 0, second = 0] = body as Uint8Array;
  const hasHeader = (first & 0x0f) === 8 && (first * 256 + second) % 31 === 0;
  return hasHeader ? inflateSync(body, options) : inflateRawSync(body, options);
}
