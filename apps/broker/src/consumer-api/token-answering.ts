import type { ServerResponse } from 'node:http';

/** An answer with a token in it. All of it is ASCII, as tokens and scopes are (RFC 6749 appendix A). */
export interface TokenAnswer {
  /** Names and values in turn, as Node writes them fastest. */
  headers: readonly string[];
  body: string;
}

const unkept = { 'cache-control': 'no-store', pragma: 'no-cache' };
const unkeptInTurn = Object.entries(unkept).flat();

/** Of every answer: nobody keeps it, and the log knows it by this id. */
export function commonHeaders(requestId: string): Record<string, string> {
  return { ...unkept, 'x-request-id': requestId };
}

/**
 * Sends it past Fastify's own `send`, which measures and writes a body as UTF-8: that takes longer than all that the
 * broker does for a token at hand.
 * @param isLast whether the connection ends with it
 */
export function sendToken(
  response: ServerResponse,
  { headers, body }: TokenAnswer,
  requestId: string,
  isLast = false,
): void {
  const length = String(body.length);
  const head = [...headers, ...unkeptInTurn, 'x-request-id', requestId, 'content-length', length];
  if (isLast) head.push('connection', 'close');
  response.writeHead(200, head).end(body, 'latin1');
}
