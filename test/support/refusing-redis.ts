import { once } from 'node:events';
import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';

/** Stands before a Redis on 127.0.0.1 and answers each command with an error, as long as there is one to answer. */
export class RefusingRedis {
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  #error: string | undefined;

  private constructor(private readonly targetPort: number) {
    this.#server = createServer((socket) => this.#accept(socket));
  }

  static async start(targetPort: number): Promise<RefusingRedis> {
    const proxy = new RefusingRedis(targetPort);
    await once(proxy.#server.listen(0, '127.0.0.1'), 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** From now on each command, on each connection, is answered with this error, without its `-`. */
  refuse(error: string): void {
    this.#error = error;
  }

  heal(): void {
    this.#error = undefined;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #accept(socket: Socket): void {
    const target = connect(this.targetPort, '127.0.0.1');
    for (const one of [socket, target]) {
      const other = one === socket ? target : socket;
      this.#sockets.add(one.setNoDelay(true));
      one.on('error', () => {});
      one.once('close', () => {
        this.#sockets.delete(one);
        other.destroy();
      });
    }
    target.on('data', (chunk) => void socket.write(chunk));
    let rest = '';
    socket.on('data', (chunk) => {
      rest += chunk.toString('latin1');
      const { length, count } = commandsIn(rest);
      const whole = rest.slice(0, length);
      rest = rest.slice(length);
      if (this.#error === undefined) target.write(Buffer.from(whole, 'latin1'));
      else socket.write(`-${this.#error}\r\n`.repeat(count));
    });
  }
}

/** How many whole commands stand at the beginning, and their length. A command is an array of bulk strings. */
function commandsIn(text: string): { length: number; count: number } {
  let [at, length, count] = [0, 0, 0];
  const number = (): number => {
    const end = text.indexOf('\r\n', at);
    const value = end < 0 ? NaN : Number(text.slice(at + 1, end));
    at = end + 2;
    return value;
  };
  for (;;) {
    for (let left = number(); left > 0; left--) {
      const size = number();
      at += size + 2;
    }
    if (!(at > length && at <= text.length)) return { length, count };
    [length, count] = [at, count + 1];
  }
}
