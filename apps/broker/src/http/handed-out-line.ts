import type { FoundToken } from '#tokens/token-cache.js';
import { timeField } from '../time-field.js';
import type { Exchange } from './exchange.js';

/**
 * The line of the log for a token that was handed out, in pino's own form. It is put together here because a general
 * logger takes as long for it as all else takes for the request. What is not in quotes by `JSON.stringify` is a number,
 * or of digits and letters.
 * @param remaining, duration milliseconds
 */
export function handedOutLine(
  { consumer, request, traceId }: Exchange,
  { source, token }: FoundToken,
  requestId: string,
  remaining: number,
  duration: number,
): string {
  const trace = traceId === undefined ? '' : `","traceId":"${traceId}`;
  return (
    `{"level":"info"${timeField()},"audit":"served","requestId":"${requestId}${trace}"` +
    `,"consumer":${JSON.stringify(consumer?.name)},"client":${JSON.stringify(request?.client.name)}` +
    `,"scopes":${JSON.stringify(request?.scopes)},"source":"${source}"` +
    `,"token":"${token.accessToken.fingerprint}","expiresIn":${Math.floor(remaining / 1000)}` +
    `,"duration":${Math.round(duration * 10) / 10},"msg":"token handed out"}\n`
  );
}
