import { connect, type Socket } from 'node:net';

export interface PipelinedAnswer {
  status: number;
  /** Lines of the head after the first. */
  head: string;
  body: string;
}

/** Milliseconds for which nothing may come while an answer is owed. */
const patience = 30_000;

/** One connection over which requests are sent without waiting for the answers to those before. */
export class Pipeline {
  readonly answers: PipelinedAnswer[] = [];
  readonly #socket: Socket;
  readonly #ended: Promise<void>;
  #unread: Buffer = Buffer.alloc(0);
  #late = false;

  /** @param bodiless tells for the number of a request whether its answer has no body, as that to HEAD has none */
  constructor(
    url: string,
    private readonly bodiless: (request: number) => boolean = () => false,
  ) {
    const { hostname, port } = new URL(url);
    this.#socket = connect(Number(port), hostname).setNoDelay(true);
    this.#socket.setTimeout(patience, () => {
      this.#late = true;
      this.#socket.destroy();
    });
    // A server that has said all resets the connection when more comes in.
    this.#socket.on('error', () => {}).on('data', (chunk: Buffer) => this.#take(chunk));
    this.#ended = new Promise((resolve) => this.#socket.once('close', () => resolve()));
  }

  write(bytes: Buffer): void {
    this.#socket.write(bytes);
  }

  /** Says that nothing more will come. */
  end(): void {
    this.#socket.end();
  }

  /**
   * Waits until so many answers are there, or the server has ended the connection.
   * @throws Error when neither comes
   */
  async answered(count: number): Promise<readonly PipelinedAnswer[]> {
    while (this.answers.length < count && !this.#socket.destroyed) {
      await Promise.race([this.#ended, new Promise((resolve) => this.#socket.once('data', resolve))]);
    }
    if (this.#late)
      throw new Error(`${this.answers.length} answers of ${count}, and then neither answer nor end`);
    return this.answers;
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#unread = this.#unread.length === 0 ? chunk : Buffer.concat([this.#unread, chunk]);
    for (let end = this.#unread.indexOf('\r\n\r\n'); end >= 0; end = this.#unread.indexOf('\r\n\r\n')) {
      const [first = '', ...lines] = this.#unread.toString('latin1', 0, end).split('\r\n');
      const status = Number(first.split(' ')[1]);
      const length = status < 200 || this.bodiless(this.answers.length) ? 0 : lengthIn(lines);
      if (this.#unread.length < end + 4 + length) return;
      const body = this.#unread.toString('latin1', end + 4, end + 4 + length);
      this.#unread = this.#unread.subarray(end + 4 + length);
      if (status >= 200) this.answers.push({ status, head: lines.join('\n'), body });
    }
  }
}

function lengthIn(lines: readonly string[]): number {
  const line = lines.find((one) => one.toLowerCase().startsWith('content-length:'));
  return Number(line?.slice('content-length:'.length) ?? 0);
}
