import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface BrokerRequest {
  /** Method and path, without the query: `GET /token`. */
  call: string;
  query: URLSearchParams;
  authorization: string | undefined;
  /** The JSON of a rejection. */
  body: Record<string, unknown>;
}

export interface BrokerReply {
  status?: number;
  headers?: Record<string, string>;
  /** A string is sent as it is; an object is put over the fields of a token answer, or is all there is of a failure. */
  body?: object | string;
}

/** What a consumer's library meets: a token broker on 127.0.0.1 whose every answer a test may script. */
export class FakeTokenBroker {
  readonly requests: BrokerRequest[] = [];
  /** What every answer waits for. */
  gate: Promise<unknown> = Promise.resolve();
  /** Answers all requests that no script is left for; without it tokens are given, each another one. */
  always: BrokerReply | undefined;
  readonly #script: BrokerReply[] = [];
  readonly #server: Server;
  #port = 0;
  #tokens = 0;

  private constructor() {
    this.#server = createServer(async (request, response) => {
      const { status = 200, headers = {}, body = {} } = await this.#answer(request);
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    });
  }

  static async start(): Promise<FakeTokenBroker> {
    const broker = new FakeTokenBroker();
    await once(broker.#server.listen(0, '127.0.0.1'), 'listening');
    broker.#port = (broker.#server.address() as AddressInfo).port;
    return broker;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  next(...replies: BrokerReply[]): void {
    this.#script.push(...replies);
  }

  calls(call: string): BrokerRequest[] {
    return this.requests.filter((one) => one.call === call);
  }

  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage): Promise<BrokerReply> {
    const url = new URL(request.url!, this.url);
    const body = await text(request);
    this.requests.push({
      call: `${request.method} ${url.pathname}`,
      query: url.searchParams,
      authorization: request.headers.authorization,
      body: body === '' ? {} : (JSON.parse(body) as Record<string, unknown>),
    });
    const reply = this.#script.shift() ?? this.always ?? {};
    const isToken = (reply.status ?? 200) === 200 && typeof reply.body !== 'string';
    const answer = isToken ? { ...reply, body: { ...this.#token(url), ...(reply.body as object) } } : reply;
    await this.gate;
    return answer;
  }

  #token(url: URL): object {
    const scope = url.searchParams.get('scopes') ?? '';
    const access_token = `not-a-real-token-${++this.#tokens}`;
    return { access_token, token_type: 'Bearer', expires_in: 3600, scope, refresh_in: 3000 };
  }
}
