import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { httpListener, listeningUrl } from '../core/http-listener.js';
import type { ListenSettings } from '../settings/settings.js';
import { TokenHandler, type TokenHandlerParts } from './token-handler.js';

/**
 * The consumers' port: plain `node:http` and one handler. A framework's routing, hooks and reply would take longer than
 * all that the broker does for a cache hit.
 */
export class ConsumerServer {
  readonly #handler: TokenHandler;
  readonly #server: Server;

  constructor(parts: TokenHandlerParts) {
    this.#handler = new TokenHandler(parts);
    this.#server = httpListener((request, response) => void this.#handler.handle(request, response));
  }

  /** @throws the error of a port that is in use */
  async listen({ host, port }: ListenSettings): Promise<void> {
    this.#server.listen({ host, port });
    await once(this.#server, 'listening');
  }

  get url(): string {
    return listeningUrl(this.#server.address() as AddressInfo);
  }

  /** Stops accepting, and resolves when the requests in flight have been answered. */
  async close(): Promise<void> {
    this.#handler.isClosing = true;
    await new Promise((closed) => this.#server.close(closed));
  }
}
