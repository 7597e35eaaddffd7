import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';

export interface ListenerOptions {
  host: string;
  /** By which others call it. By default the address that it listens on. */
  name?: string | undefined;
  /** 0: any free one. */
  port: number;
  /** PEM. With it the server talks https and asks every client for a certificate that `ca` signed. */
  tls?: { key: string; cert: string; ca?: string | undefined } | undefined;
}

/** An open port. */
export class Listener {
  readonly #sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {
    // The TCP connections, also under TLS and before their first request.
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  /** @throws the error of `listen`, such as EADDRINUSE */
  static async open({ host, name = reachable(host), port, tls }: ListenerOptions): Promise<Listener> {
    // A client without a certificate may use another method; `authorized` tells the others apart.
    const server = tls
      ? createHttpsServer({ ...tls, requestCert: true, rejectUnauthorized: false })
      : createHttpServer();
    server.listen(port, host);
    await once(server, 'listening');
    const { port: actual } = server.address() as AddressInfo;
    return new Listener(server, `${tls ? 'https' : 'http'}://${name}:${actual}`);
  }

  serve(handler: RequestListener): void {
    this.server.on('request', handler);
  }

  /** Destroys the open connections, whatever they wait for. Closing twice does no harm. */
  async close(): Promise<void> {
    if (!this.server.listening) return;
    const closed = once(this.server, 'close');
    this.server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

/** An address to call, for one to listen on. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}
