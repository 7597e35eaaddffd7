import type { Consumer } from '#consumers/consumer.js';
import type { ServedToken } from '#tokens/ports/token-store.js';
import type { TokenRequest } from '#tokens/model/token-request.js';
import { timeField } from '../core/time-field.js';
import type { Exchange } from './exchange.js';

/** Who asks for what, as fields of a JSON object: the same for each request that is authorized alike. */
export function toldOf({ name }: Consumer, { client, scopes }: TokenRequest): string {
  return JSON.stringify({ consumer: name, client: client.name, scopes }).slice(1, -1);
}

/**
 * The line of the log for a token that was handed out, in pino's own form. It is put together here because a general
 * logger takes as long for it as all else takes for the request. What stands in quotes is of digits and letters.
 * @param remaining, duration milliseconds
 */
export function handedOutLine(
  { told, traceId }: Exchange,
  { source, token }: ServedToken,
  requestId: string,
  remaining: number,
  duration: number,
): string {
  const trace = traceId === undefined ? '' : `"traceId":"${traceId}",`;
  return (
    `{"level":"info"${timeField()},"audit":"served","requestId":"${requestId}",${trace}${told}` +
    `,"source":"${source}","token":"${token.accessToken.fingerprint}"` +
    `,"expiresIn":${Math.floor(remaining / 1000)},"duration":${Math.round(duration * 10) / 10}` +
    `,"msg":"token handed out"}\n`
  );
}
