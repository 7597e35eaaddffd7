import type { IncomingMessage } from 'node:http';

/** The body is larger than anything this server has a use for. */
export class BodyTooLarge extends Error {
  override name = 'BodyTooLarge';
}

/**
 * Reads to the end also what is too much, without keeping it: a client that still writes would miss the answer.
 * @throws BodyTooLarge
 */
export async function readBody(request: IncomingMessage, limit = 1024 * 1024): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= limit) chunks.push(chunk);
  }
  if (length > limit) throw new BodyTooLarge(`the body is over ${limit} bytes`);
  return Buffer.concat(chunks);
}
