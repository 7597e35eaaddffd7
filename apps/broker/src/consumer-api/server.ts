import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { httpListener, listeningUrl, type Refuse } from '../core/http-listener.js';
import { renewCertificate } from '../core/tls.js';
import { connectionBound, openFileLimit } from '../core/open-files.js';
import type { ListenSettings, TlsSettings } from '../settings/settings.js';
import { Http2Connections } from './http2-connections.js';
import { TokenHandler, type TokenHandlerParts } from './token-handler.js';

/** Milliseconds between two reports of refused connections. */
const reportInterval = 60_000;

/**
 * The consumers' port: plain `node:http` and one handler. A framework's routing, hooks and reply would take longer than
 * all that the broker does for a cache hit.
 */
export class ConsumerServer {
  readonly #handler: TokenHandler;
  #stalledCheck: NodeJS.Timeout | undefined;
  readonly #server: ReturnType<typeof httpListener>;
  readonly #http2: Http2Connections | undefined;

  /** @param tls absent: plain HTTP/1.1 */
  constructor(parts: TokenHandlerParts, tls?: TlsSettings) {
    this.#handler = new TokenHandler(parts);
    const handle: RequestListener = (request, response) => void this.#handler.handle(request, response);
    const refuse: Refuse = (request, response, failure) =>
      void this.#handler.handle(request, response, failure);
    this.#http2 = tls && new Http2Connections(handle, refuse, parts.clock);
    const acceptHttp2 = this.#http2 && ((socket: TLSSocket) => this.#http2?.accept(socket));
    this.#server = httpListener(handle, refuse, { tls, acceptHttp2 });
    this.#bound(parts);
  }

  /** @throws the error of a port that is in use */
  async listen({ host, port }: ListenSettings): Promise<void> {
    this.#server.listen({ host, port });
    await once(this.#server, 'listening');
    this.#stalledCheck = setInterval(() => this.#http2?.closeStalled(), 1_000).unref();
  }

  get url(): string {
    return listeningUrl(this.#server);
  }

  /** For connections to come. */
  renewCertificate(tls: TlsSettings | undefined): void {
    renewCertificate(this.#server, tls);
  }

  /** From now on each connection ends with its next response; all are still served, and new ones accepted. */
  drain(): void {
    this.#handler.isClosing = true;
    this.#http2?.drain();
  }

  /** Stops accepting, and resolves when the requests in flight have been answered. */
  async close(): Promise<void> {
    this.drain();
    clearInterval(this.#stalledCheck);
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#http2?.close();
    await closed;
  }

  /** Connections beyond are closed at once, and said once a minute. */
  #bound({ log, clock }: Pick<TokenHandlerParts, 'log' | 'clock'>): void {
    const limit = openFileLimit();
    if (limit === undefined || limit === Infinity) return;
    const most = connectionBound(limit);
    this.#server.maxConnections = most;
    let [refused, saidAt] = [0, -Infinity];
    this.#server.on('drop', () => {
      refused += 1;
      if (clock.now() - saidAt < reportInterval) return;
      saidAt = clock.now();
      log.warn(
        { refused, connections: most, openFiles: limit },
        'connections of consumers refused: raise the limit of open files (ulimit -n, LimitNOFILE)',
      );
    });
  }
}
