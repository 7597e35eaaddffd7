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
  readonly #server: Server;

  private constructor() {
    this.#server = createServer(async (request, response) => {
      const { method = '', url = '', headers } = request;
      const body = await text(request);
      this.calls.push({ method, path: url, headers, body });
      if (url.startsWith('/moved?')) {
        response.writeHead(307, { location: decodeURIComponent(url.slice('/moved?'.length)) }).end();
        return;
      }
      const status = statusIn(url) ?? (this.#accepts(headers.authorization) ? 200 : 401);
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ status, authorization: headers.authorization, body }));
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
