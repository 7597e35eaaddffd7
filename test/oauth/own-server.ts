import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

/** A request as a server got it. */
export interface Received {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  body: URLSearchParams;
  /** The same as it was sent. */
  text: string;
  /** Which of the connections it came on. */
  connection: number;
}

export type Respond = (response: ServerResponse, received: Received) => void;

export interface OwnServer {
  origin: string;
  received: Received[];
}

/** A server that answers as a test says and ends with the test; https where it is given certificates. */
export async function ownServer(respond: Respond, tls?: ServerOptions): Promise<OwnServer> {
  const received: Received[] = [];
  let connections = 0;
  const numbers = new WeakMap<object, number>();
  const listener: RequestListener = async (request, response) => {
    const sent = await text(request).catch(() => '');
    const body = new URLSearchParams(sent);
    const { method = '', url = '', headers, socket } = request;
    const entry = { method, url, headers, body, text: sent, connection: numbers.get(socket) ?? 0 };
    received.push(entry);
    respond(response, entry);
  };
  const server = tls ? createTlsServer(tls, listener) : createServer(listener);
  server.on(tls ? 'secureConnection' : 'connection', (socket: object) => {
    connections += 1;
    numbers.set(socket, connections);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return { origin: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`, received };
}

/** A token response with these fields changed. */
export function grant(response: ServerResponse, fields: Record<string, unknown> = {}): void {
  const token = { access_token: 'some-token', token_type: 'Bearer', expires_in: 3600, ...fields };
  response.setHeader('content-type', 'application/json').end(JSON.stringify(token));
}

/** Any other answer. */
export function answer(response: ServerResponse, status: number, body: unknown = ''): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}
