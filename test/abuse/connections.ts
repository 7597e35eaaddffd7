import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** Open at the same time, at the most: the operating system keeps a short queue of those to be accepted. */
const atOnce = 200;

/** Many bare connections to one address. */
export class Connections {
  readonly #sockets = new Set<Socket>();
  #timer: NodeJS.Timeout | undefined;

  private constructor(private readonly url: string) {}

  /** They do not end when the server ends them: only it can, by itself. */
  static async open(url: string, count: number): Promise<Connections> {
    const connections = new Connections(url);
    for (let opened = 0; opened < count; opened += atOnce) {
      await Promise.all(Array.from({ length: Math.min(atOnce, count - opened) }, () => connections.#open()));
    }
    return connections;
  }

  write(bytes: Buffer | string): void {
    for (const socket of this.#sockets) if (socket.writable) socket.write(bytes);
  }

  /** Writes to each of them, again and again. @param interval milliseconds */
  drip(bytes: Buffer | string, interval: number): void {
    this.#timer = setInterval(() => this.write(bytes), interval);
  }

  /** Takes nothing more from the server. */
  pause(): void {
    for (const socket of this.#sockets) socket.pause();
  }

  async end(): Promise<void> {
    clearInterval(this.#timer);
    const sockets = [...this.#sockets];
    await Promise.all(
      sockets.map(async (socket) => {
        const closed = once(socket, 'close');
        socket.resetAndDestroy();
        await closed;
      }),
    );
  }

  async #open(): Promise<void> {
    const { hostname, port } = new URL(this.url);
    const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
    this.#sockets.add(socket);
    socket.on('error', () => {}).once('close', () => this.#sockets.delete(socket));
    socket.resume();
    await once(socket, 'connect');
  }
}
