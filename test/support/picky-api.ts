import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

export interface ApiCall {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/**
 * An API on 127.0.0.1 that answers 401 to the tokens it does not like, and otherwise echoes what it got. Whatever the
 * token, `/status?500` answers 500.
 */
export class PickyApi {
  readonly calls: ApiCall[] = [];
  /** The tokens that it does not accept. */
  readonly disliked = new Set<string>();
  /** Headers that it adds to each answer. */
  readonly headers: Record<string, string> = {};
  /** How many connections it has accepted. */
  connections = 0;
  readonly #server: Server;

  private constructor() {
    this.#server = createServer({ maxHeaderSize: 256 * 1024 }, async (request, response) => {
      const { method = '', url = '', headers } = request;
      const body = await text(request);
      this.calls.push({ method, path: url, headers, body });
      if (url.startsWith('/moved?')) {
        response.writeHead(307, { location: decodeURIComponent(url.slice('/moved?'.length)) }).end();
        return;
      }
      const status = statusIn(url) ?? (this.#accepts(headers.authorization) ? 200 : 401);
      response.writeHead(status, { 'content-type': 'application/json', ...this.headers });
      response.end(JSON.stringify({ status, authorization: headers.authorization, body }));
    });
    this.#server.on('connection', () => this.connections++);
    // RFC 6455 without the handshake's hash: it switches, says which token it got, and echoes.
    this.#server.on('upgrade', ({ headers, url = '' }, socket) => {
      this.calls.push({ method: 'UPGRADE', path: url, headers, body: '' });
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
      socket.on('error', () => socket.destroy()).pipe(socket);
    });
  }

  /** Until the test ends. */
  static async start(...disliked: string[]): Promise<PickyApi> {
    const api = new PickyApi();
    for (const token of disliked) api.disliked.add(token);
    await once(api.#server.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(async () => {
      const closed = once(api.#server, 'close');
      api.#server.close();
      api.#server.closeAllConnections();
      await closed;
    });
    return api;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  #accepts(authorization: string | undefined): boolean {
    const token = authorization?.replace(/^Bearer /, '');
    return token !== undefined && !this.disliked.has(token);
  }
}

function statusIn(url: string): number | undefined {
  const asked = /^\/status\?(\d{3})$/.exec(url)?.[1];
  return asked === undefined ? undefined : Number(asked);
}
