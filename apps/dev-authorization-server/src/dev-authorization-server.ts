import { once } from 'node:events';
import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { AccessTokens } from './access-tokens.js';
import { type ClientRegistration, Clients } from './clients.js';
import { Controls } from './controls.js';
import { route } from './router.js';
import { routes, tokenPath } from './routes.js';
import { RevocationEndpoint } from './revocation-endpoint.js';
import { TokenEndpoint } from './token-endpoint.js';
import { TokenRequestHandler } from './token-request-handler.js';

export interface DevAuthorizationServerOptions {
  clients: readonly ClientRegistration[];
  /** To listen on: 127.0.0.1 by default. */
  host?: string;
  /** By which others call it. By default the address that it listens on. */
  name?: string | undefined;
  /** 0, the default: any free one. */
  port?: number;
  /** PEM. With it the server speaks https. */
  tls?: { key: string; cert: string } | undefined;
  /** Seconds that a token lives: 3599. */
  lifetime?: number | undefined;
  /** Whether `/control` is there, for all who can reach the server. */
  control?: boolean | undefined;
  /** Milliseconds since 1970, by the right clock. */
  now?: () => number;
}

/** An authorization server (RFC 6749) and an API that it protects, for newcomers and for tests. */
export class DevAuthorizationServer extends Controls {
  readonly tokenEndpoint: string;
  readonly #sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    /** Without a slash at the end. */
    readonly issuer: string,
    clients: Clients,
    tokens: AccessTokens,
    { lifetime = 3599, control = false, now = Date.now }: DevAuthorizationServerOptions,
  ) {
    super(clients, tokens, now);
    this.tokenEndpoint = `${issuer}${tokenPath}`;
    const endpoint = new TokenEndpoint(clients, tokens, `${issuer}/partner`);
    const handler = new TokenRequestHandler(this, endpoint, lifetime, now);
    const revocation = new RevocationEndpoint(clients, tokens);
    const table = routes(issuer, tokens, handler, revocation, control ? this : undefined);
    // The TCP connections, also under TLS and before their first request.
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    server.on('request', (request, response) => void route(table, request, response));
  }

  /** @throws TypeError when a client id is registered twice, or the error of `listen`, such as EADDRINUSE */
  static async start(options: DevAuthorizationServerOptions): Promise<DevAuthorizationServer> {
    const { host = '127.0.0.1', port = 0, name = reachable(host), tls, now = Date.now } = options;
    const clients = new Clients(options.clients);
    const server = tls ? createHttpsServer(tls) : createHttpServer();
    server.listen(port, host);
    await once(server, 'listening');
    const issuer = `${tls ? 'https' : 'http'}://${name}:${(server.address() as AddressInfo).port}`;
    const tokens = await AccessTokens.create(issuer, now);
    return new DevAuthorizationServer(server, issuer, clients, tokens, options);
  }

  get url(): string {
    return this.issuer;
  }

  /** Destroys the open connections, answered or not. Stopping twice does no harm. */
  async stop(): Promise<void> {
    if (this.server.listening) {
      const closed = once(this.server, 'close');
      this.server.close();
      for (const socket of this.#sockets) socket.destroy();
      await closed;
    }
    this.release();
  }
}

/** An address to call, for one to listen on. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}
