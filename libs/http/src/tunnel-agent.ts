import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { Agent, request as httpsRequest, type AgentOptions } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { errorCode } from './http-failure.js';
import type { Proxy } from './proxy.js';

type CreateConnection = NonNullable<Agent['createConnection']>;
type ConnectionOptions = Parameters<CreateConnection>[0];

/** Makes and keeps TLS connections through a proxy. */
export class TunnelAgent extends Agent {
  /**
   * @param connect how the proxy is connected to, such as `lookup`
   * @param connectTimeout milliseconds until a connection through the proxy must stand
   */
  constructor(
    private readonly proxy: Proxy,
    private readonly connect: Pick<
      AgentOptions,
      'lookup' | 'autoSelectFamily' | 'autoSelectFamilyAttemptTimeout'
    >,
    private readonly connectTimeout: number,
    options: AgentOptions,
  ) {
    super(options);
  }

  override createConnection(...[options, callback]: Parameters<CreateConnection>): undefined {
    void this.#report(options, callback);
  }

  async #report(...[options, callback]: Parameters<CreateConnection>): Promise<void> {
    let socket: TLSSocket;
    try {
      socket = await this.#connection(options);
    } catch (error) {
      return callback?.(error as Error, undefined as unknown as Duplex);
    }
    return callback?.(null, socket);
  }

  /** @throws TunnelFailure, or the error of the TLS handshake with the target */
  async #connection(options: ConnectionOptions): Promise<TLSSocket> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    let pending: ClientRequest | TLSSocket | undefined;
    const timer = setTimeout(() => {
      const code = pending !== undefined && 'encrypted' in pending ? 'CONNECT_TIMEOUT' : 'PROXY_TIMEOUT';
      reject(new TunnelFailure(code));
      pending?.destroy();
    }, this.connectTimeout);
    const made = async () => {
      const connect = this.#connectRequest(authority(options));
      pending = connect;
      const socket = await tunnel(connect);
      const secure = super.createConnection({ ...options, socket } as ConnectionOptions) as TLSSocket;
      pending = secure;
      return handshaken(secure);
    };
    try {
      return await Promise.race([made(), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  #connectRequest(target: string): ClientRequest {
    const { url, login, ca } = this.proxy;
    const authorization = login && `Basic ${Buffer.from(login.reveal()).toString('base64')}`;
    return (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, {
      ...this.connect,
      ca,
      method: 'CONNECT',
      path: target,
      agent: false,
      headers: { host: target, ...(authorization && { 'proxy-authorization': authorization }) },
    });
  }
}

/** RFC 9110 §9.3.6 */
function authority({ host = '', port }: ConnectionOptions): string {
  return `${host?.includes(':') ? `[${host}]` : host}:${port}`;
}

/** What a proxy did instead of making a tunnel: `PROXY_` and the error of the connection to it, or `HTTP_` and the status. */
class TunnelFailure extends Error {
  constructor(readonly code: string) {
    super('no tunnel through the proxy');
  }
}

function tunnel(connect: ClientRequest): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  connect.on('connect', ({ statusCode = 0 }: IncomingMessage, socket: Socket, head: Buffer) => {
    // Node.js listens no more, and the connection may break before the handshake begins.
    socket.on('error', () => {});
    // A peer that speaks before the TLS handshake is not the target.
    if (statusCode >= 200 && statusCode < 300 && head.length === 0) return resolve(socket);
    socket.destroy();
    reject(new TunnelFailure(`PROXY_HTTP_${statusCode}`));
  });
  connect.on('error', (error) => reject(new TunnelFailure(`PROXY_${errorCode(error) ?? 'UNKNOWN'}`)));
  connect.end();
  return promise;
}

function handshaken(socket: TLSSocket): Promise<TLSSocket> {
  const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>();
  socket.once('secureConnect', () => resolve(socket));
  // For good: it may break after the handshake, before a request listens.
  socket.on('error', reject);
  return promise;
}
