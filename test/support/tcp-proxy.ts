import { once } from 'node:events';
import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';

/** Stands between a client and a server on 127.0.0.1, and is the network that fails. */
export class TcpProxy {
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  #state: 'open' | 'cut' | 'black hole' = 'open';

  private constructor(
    /** Of new connections. */
    public targetPort: number,
  ) {
    this.#server = createServer((socket) => this.#accept(socket));
  }

  static async start(targetPort: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(targetPort);
    await once(proxy.#server.listen(0, '127.0.0.1'), 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Ends all connections, and each new one at once. */
  cut(): void {
    this.#state = 'cut';
    this.#drop();
  }

  /** Keeps all connections and accepts new ones, and forwards nothing. */
  blackHole(): void {
    this.#state = 'black hole';
    for (const socket of this.#sockets) socket.pause();
  }

  /** What a NAT does that is restarted: nothing more comes over the connections that stand, and new ones work. */
  forget(): void {
    for (const socket of this.#sockets) socket.pause();
  }

  /** Forwards nothing more from the server over one connection: that of this local port, as the server sees it. */
  blackHoleFrom(port: number): void {
    for (const socket of this.#sockets) if (socket.localPort === port) socket.pause();
  }

  /** What was held back by a black hole goes on its way now. */
  heal(): void {
    const held = this.#state === 'cut' ? [] : [...this.#sockets];
    this.#state = 'open';
    for (const socket of held) {
      if (this.#peers.has(socket)) socket.resume();
      else this.#link(socket);
    }
  }

  async stop(): Promise<void> {
    this.#drop();
    this.#server.close();
    await once(this.#server, 'close');
  }

  readonly #peers = new WeakMap<Socket, Socket>();

  #accept(socket: Socket): void {
    this.#watch(socket);
    if (this.#state === 'cut') socket.destroy();
    else if (this.#state === 'open') this.#link(socket);
    else socket.pause();
  }

  #link(socket: Socket): void {
    const target = connect(this.targetPort, '127.0.0.1');
    this.#watch(target);
    this.#peers.set(socket, target).set(target, socket);
    for (const one of [socket, target]) {
      const other = this.#peers.get(one)!;
      one.on('data', (chunk) => void other.write(chunk));
      one.once('close', () => other.destroy());
    }
  }

  #watch(socket: Socket): void {
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.once('close', () => this.#sockets.delete(socket));
  }

  #drop(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}

export const tcpProxy = (targetPort: number): Promise<TcpProxy> => TcpProxy.start(targetPort);
