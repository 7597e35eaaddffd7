import { createHash } from 'node:crypto';

/** Bytes of a body, after decompression, that are read at most: 256 KiB. */
export const bodyLimit = 256 * 1024;

/** An HTTP answer. Of a body over `bodyLimit` it holds one byte more than the limit, so that its excess shows. */
export interface Answer {
  status: number;
  headers: { get(name: string): string | null };
  body: Uint8Array;
}

/** What may be said of a body that holds a token or a secret perhaps: its length, media type and hash. */
export function describeBody({ headers, body }: Answer): string {
  const length = body.length > bodyLimit ? `more than ${bodyLimit}` : String(body.length);
  const sha256 = createHash('sha256').update(body).digest('hex').slice(0, 12);
  return `${length} bytes of ${mediaType(headers)}, SHA-256 ${sha256}`;
}

/** Types that answers come in by mistake. Any other is not told: a server may put into it what it likes. */
const mediaTypes = new Set([
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

function mediaType(headers: Answer['headers']): string {
  const type = headers.get('content-type')?.split(';')[0]?.trim().toLowerCase() ?? '';
  return mediaTypes.has(type) ? type : 'unknown type';
}
