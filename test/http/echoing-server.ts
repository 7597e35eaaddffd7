import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** What it was sent, in the words of the request and decoded. */
interface Heard {
  authorization: string;
  body: string;
  /** Every secret in it by itself. */
  secrets: readonly string[];
}

type Echo = (heard: Heard, response: ServerResponse) => void;

/** A token that stands where nobody looks for one. */
export const strayToken = 'not-a-real-token-that-strayed-abcdefghijklmnop';

const token = { access_token: strayToken, token_type: 'Bearer', expires_in: 3_600 };

/** The worst that authorization servers do, by the path that does it. */
export const echoes: Readonly<Record<string, Echo>> = {
  description: ({ authorization, body }, response) =>
    json(response, 401, { error: 'invalid_client', error_description: `no: ${authorization} ${body}` }),
  decoded: ({ secrets }, response) =>
    json(response, 400, { error: 'invalid_request', error_description: secrets.join(' and ') }),
  code: ({ secrets }, response) => json(response, 400, { error: secrets.join(' ') }),
  'server-error': ({ secrets }, response) =>
    json(response, 500, { error: 'server_error', error_description: secrets.join(' ') }),
  page: ({ secrets }, response) => {
    response.writeHead(400, { 'content-type': 'text/html' }).end(`<h1>${secrets.join('</h1><h1>')}</h1>`);
  },
  headers: ({ secrets }, response) => {
    const [secret = ''] = secrets;
    const challenge = `Basic realm="${secret.replaceAll('"', '')}"`;
    response.writeHead(401, { 'www-authenticate': challenge, 'x-echo': secret, 'retry-after': secret }).end();
  },
  throttled: ({ secrets }, response) => {
    response.writeHead(429, { 'retry-after': secrets[0] }).end(secrets.join(' '));
  },
  reason: ({ secrets }, response) => void response.writeHead(503, secrets[0]).end(),
  redirect: ({ body }, response) => {
    const location = `https://elsewhere.example/${encodeURIComponent(body)}?${body}`;
    response.writeHead(302, { location }).end();
  },
  'media-type': (_, response) => {
    response.writeHead(200, { 'content-type': `text/${strayToken}` }).end('hello');
  },
  escaped: ({ secrets }, response) => {
    const escaped = secrets.map((secret) => secret.replaceAll('&', '&amp;').replaceAll('"', '&quot;'));
    json(response, 400, { error: 'invalid_request', error_description: escaped.join(' ') });
  },
  // The token is good, so this one is served.
  scope: ({ secrets }, response) => json(response, 200, { ...token, scope: secrets[0] }),
  text: ({ secrets }, response) => void response.end(`${strayToken} ${secrets.join(' ')}`),
  'cut-off': (_, response) => void response.end(JSON.stringify(token).slice(0, -5)),
  'other-type': ({ secrets }, response) => json(response, 200, { ...token, token_type: secrets[0] }),
  'no-life': ({ secrets }, response) => json(response, 200, { ...token, expires_in: secrets[0] }),
  'with-error': ({ secrets }, response) => json(response, 200, { ...token, error: secrets[0] }),
  unreadable: ({ secrets }, response) =>
    json(response, 200, { ...token, access_token: `${secrets[0]}\u{7f}` }),
  'bad-gzip': (_, response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end(strayToken),
  'no-http': ({ secrets }, response) => {
    response.socket?.end(`HTTP/1.1 200 OK\r\n${secrets[0]} ${strayToken}\r\n\r\n`);
  },
};

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** An authorization server that throws back what it is sent, in the manner that the path names. */
export class EchoingServer {
  /** Every credential that it was sent, as it came and decoded. */
  readonly heard = new Set<string>();
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  static async start(): Promise<EchoingServer> {
    const echoing = new EchoingServer();
    await new Promise<void>((listening) => echoing.#server.listen(0, '127.0.0.1', listening));
    return echoing;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const { authorization = '', 'x-api-key': gatewayKey = '' } = request.headers;
    const form = new URLSearchParams(body);
    const credential = authorization.replace(/^\w+ /, '');
    const basic = authorization.startsWith('Basic ') ? Buffer.from(credential, 'base64').toString() : '';
    const password = basic.slice(basic.indexOf(':') + 1);
    const sent = [form.get('client_secret'), form.get('client_assertion'), password, credential, gatewayKey];
    const secrets = sent.filter((one): one is string => typeof one === 'string' && one !== '');
    for (const secret of secrets) this.heard.add(secret);
    const echo = echoes[request.url!.slice(1)] ?? echoes['text']!;
    echo({ authorization, body, secrets }, response);
  }
}
