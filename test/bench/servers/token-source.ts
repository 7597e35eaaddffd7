import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** As long as a usual JWT. */
export const tokenLength = 900;

export interface TokenSourceOptions {
  /** Seconds, asked for each token. */
  lifetime?: () => number;
  /** Milliseconds until it answers. */
  delay?: number;
}

/** An authorization server that costs next to nothing, so that what is measured is the broker. */
export class TokenSource {
  #count = 0;
  #lastAnsweredAt = NaN;

  private constructor(private readonly server: Server) {}

  static async start({ lifetime = () => 3599, delay = 0 }: TokenSourceOptions = {}): Promise<TokenSource> {
    const source = new TokenSource(createServer());
    source.server.on('request', async (request, response) => {
      request.resume();
      const number = ++source.#count;
      if (delay > 0) await pause(delay);
      const accessToken = `not-a-real-token-${number}-`.padEnd(tokenLength, 'x');
      response.setHeader('content-type', 'application/json');
      source.#lastAnsweredAt = performance.now();
      response.end(
        JSON.stringify({ access_token: accessToken, token_type: 'Bearer', expires_in: lifetime() }),
      );
    });
    await once(source.server.listen(0, '127.0.0.1'), 'listening');
    return source;
  }

  get tokenEndpoint(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/token`;
  }

  /** Token requests so far. */
  get count(): number {
    return this.#count;
  }

  /** On the clock of `performance.now()`. */
  get lastAnsweredAt(): number {
    return this.#lastAnsweredAt;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((closed) => this.server.close(closed));
  }
}
