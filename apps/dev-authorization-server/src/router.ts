import type { IncomingMessage, ServerResponse } from 'node:http';
import { emptyResponse, type HttpResponse, jsonResponse } from './http-response.js';

/** Either returns the response, or sends it. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<HttpResponse | void>;

/** Path -> method -> handler. */
export type Routes = ReadonlyMap<string, Readonly<Record<string, Handler>>>;

/** Finds the handler and sees the request to its end, whatever fails. */
export async function route(
  routes: Routes,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const methods = routes.get(request.url?.split('?')[0] ?? '');
    const result = await handlerOf(methods, request.method ?? '')(request, response);
    if (result) send(result, response);
  } catch (error) {
    // The client has disconnected.
    if (response.destroyed) return;
    if (error instanceof BodyTooLarge) return send(emptyResponse(413), response);
    process.stderr.write(`${String(error)}\n`);
    if (response.headersSent) response.destroy();
    else send(emptyResponse(500), response);
  }
}

function handlerOf(methods: Readonly<Record<string, Handler>> | undefined, method: string): Handler {
  if (methods === undefined) return async () => jsonResponse(404, { error: 'not_found' });
  if (Object.hasOwn(methods, method)) return methods[method] as Handler;
  return async () => emptyResponse(405, { allow: Object.keys(methods).join(', ') });
}

class BodyTooLarge extends Error {}

/**
 * Reads to the end also what is too much, without keeping it: a client that still writes would miss the response.
 * @throws BodyTooLarge, for which the router responds with 413
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

function send({ status, headers, body }: HttpResponse, response: ServerResponse): void {
  response.statusCode = status;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.end(body);
}
