import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { httpListener, listeningUrl } from '../core/http-listener.js';
import { Pipelines } from './pipelines.js';
import type { ListenSettings } from '../settings/settings.js';
import { TokenHandler, type TokenHandlerParts } from './token-handler.js';

/**
 * The consumers' port: plain `node:http` and one handler. A framework's routing, hooks and reply would take longer than
 * all that the broker does for a cache hit.
 */
export class ConsumerServer {
  readonly #handler: TokenHandler;
  readonly #pipelines: Pipelines;
  #stalledCheck: NodeJS.Timeout | undefined;
  readonly #server: Server;

  constructor(parts: TokenHandlerParts) {
    this.#handler = new TokenHandler(parts);
    this.#pipelines = new Pipelines(parts.clock);
    this.#server = httpListener(
      (request, response) => {
        if (this.#pipelines.admit(request, response)) void this.#handler.handle(request, response);
      },
      (request, response, failure) => void this.#handler.handle(request, response, failure),
    );
  }

  /** @throws the error of a port that is in use */
  async listen({ host, port }: ListenSettings): Promise<void> {
    this.#server.listen({ host, port });
    await once(this.#server, 'listening');
    this.#stalledCheck = setInterval(() => this.#pipelines.closeStalled(), 1_000).unref();
  }

  get url(): string {
    return listeningUrl(this.#server.address() as AddressInfo);
  }

  /** From now on each connection ends with its next response; all are still served, and new ones accepted. */
  drain(): void {
    this.#handler.isClosing = true;
  }

  /** Stops accepting, and resolves when the requests in flight have been answered. */
  async close(): Promise<void> {
    this.drain();
    clearInterval(this.#stalledCheck);
    await new Promise((closed) => this.#server.close(closed));
  }
}
