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
 * A body without its content codings, of which the last in the header was applied last. Undefined when one of them is not
 * known or the body is not coded so.
 * @param maxLength bytes; a body that is longer is returned with one byte more, all of them zero
 */
export function decodeBody(
  body: Uint8Array,
  contentEncoding: string | null,
  maxLength: number,
): Uint8Array | undefined {
  const codings = (contentEncoding ?? '').split(',').map((coding) => coding.trim().toLowerCase());
  const applied = codings.filter((coding) => coding !== '').toReversed();
  if (applied.length > maxCodings || body.length > maxLength)
    return applied.length > maxCodings ? undefined : body;
  let decoded = body;
  for (const coding of applied) {
    const decode = decoders.get(coding);
    if (decode === undefined) return undefined;
    try {
      decoded = decode(decoded, { maxOutputLength: maxLength });
    } catch (error) {
      const isTooLong = error instanceof RangeError;
      return isTooLong ? new Uint8Array(maxLength + 1) : undefined;
    }
  }
  return decoded;
}

/** `deflate` with its zlib header (RFC 9110 §8.4.1.2), or without, as some servers send it. */
function inflateEither(body: InputType, options: Pick<ZlibOptions, 'maxOutputLength'>): Buffer {
  // CM = 8 in the low bits of the first byte (RFC 1950 §2.2), and a checksum of the first two.
  const [first = 0, second = 0] = body as Uint8Array;
  const hasHeader = (first & 0x0f) === 8 && (first * 256 + second) % 31 === 0;
  return hasHeader ? inflateSync(body, options) : inflateRawSync(body, options);
}
