import {
  brotliDecompressSync,
  gunzipSync,
  inflateRawSync,
  inflateSync,
  zstdDecompressSync,
  type InputType,
  type ZlibOptions,
} from 'node:zlib';

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
export function decodeBody(body: Uint8Array, contentEncoding: string | null, maxLength: number): Uint8Array {
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
