import { type PipelinedAnswer, Pipeline } from './pipeline.js';

/** Requests in one go, on each of some connections in turn, and milliseconds until the next ones. */
const shape = { connections: 4, atOnce: 10, interval: 5 };

/** Two thousand requests a second, all alike, whose answers are read. */
export class Flood {
  readonly #pipelines: readonly Pipeline[];
  readonly #timer: NodeJS.Timeout;

  private constructor(url: string, path: string, credential: string) {
    const request = `GET ${path} HTTP/1.1\r\nHost: broker.example\r\nAuthorization: Bearer ${credential}\r\n\r\n`;
    const requests = Buffer.from(request.repeat(shape.atOnce));
    this.#pipelines = Array.from({ length: shape.connections }, () => new Pipeline(url));
    let turn = 0;
    this.#timer = setInterval(() => {
      this.#pipelines[turn++ % shape.connections]!.write(requests);
    }, shape.interval);
  }

  /** Resolves when it has used up what it may have at once. */
  static async begin(url: string, path: string, credential: string): Promise<Flood> {
    const flood = new Flood(url, path, credential);
    await Promise.all(flood.#pipelines.map((one) => one.answered(10 * shape.atOnce)));
    return flood;
  }

  get answers(): readonly PipelinedAnswer[] {
    return this.#pipelines.flatMap(({ answers }) => answers);
  }

  async end(): Promise<void> {
    clearInterval(this.#timer);
    for (const pipeline of this.#pipelines) pipeline.destroy();
  }
}
