import type { ErrorResponse } from '../core/failure-response.js';
import type { RequestContext } from './request-context.js';

/** A response with a token. All of it is ASCII, as tokens and scopes are (RFC 6749 appendix A). */
export interface HttpResponse {
  /** Names and values in turn: Node writes them fastest this way. */
  headers: readonly string[];
  body: string;
}

/** Of every response: no cache keeps it, and the log has its request by this id. */
const commonHeaders = ['cache-control', 'no-store', 'pragma', 'no-cache', 'x-request-id'];

/**
 * @param isLast whether the connection ends with it (RFC 9112 §9.6)
 * @returns false when the client has disconnected before
 */
export function sendToken(
  { response, id }: RequestContext,
  { headers, body }: HttpResponse,
  isLast: boolean,
): boolean {
  if (response.destroyed) return false;
  if (isLast) response.shouldKeepAlive = false;
  const length = String(body.length);
  response.writeHead(200, [...headers, ...commonHeaders, id, 'content-length', length]).end(body, 'latin1');
  return true;
}

/** Sends a document or an error. */
export function sendJson(
  { response, id }: RequestContext,
  { status, headers, body }: Pick<ErrorResponse, 'status' | 'headers'> & { body: object },
  isLast: boolean,
): void {
  if (isLast) response.shouldKeepAlive = false;
  const text = JSON.stringify(body);
  const length = String(Buffer.byteLength(text));
  const type = ['content-type', 'application/json; charset=utf-8', 'content-length', length];
  response.writeHead(status, [...Object.entries(headers).flat(), ...type, ...commonHeaders, id]).end(text);
}
