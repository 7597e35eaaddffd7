import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest, type AgentOptions } from 'node:https';
import type { LookupFunction, Socket } from 'node:net';
import type { Secret } from '#tokens/model/secret.js';
import { withinDeadline } from './deadline.js';
import { sharedLookup } from './host-lookup.js';
import { HttpFailure } from './http-failure.js';
import { type HttpResponse, readResponse } from './http-response.js';
import type { Proxy } from './proxy.js';
import { TunnelAgent } from './tunnel-agent.js';

/** Bytes of the head of a response: some send dozens of cookies and policies. */
const maxHeaderSize = 64 * 1024;

/** Milliseconds that connecting, or silence within a body, may take. */
const maxPause = 5_000;

/** Milliseconds that an idle connection is kept: NATs and load balancers forget one silently, sooner or later. */
const keptFor = 4_000;

export interface HttpClientOptions {
  /** Milliseconds in all for one request. Connecting, and silence within a body, may take 5 s of them at most. */
  timeout: number;
  /** PEM: the authorities to trust instead of the usual ones. */
  ca?: string | undefined;
  /** For mutual TLS, PEM. */
  certificate?: { certificate: string; key: Secret } | undefined;
  /** By which https targets are reached that it does not except. */
  proxy?: Proxy | undefined;
  /** By default one that is shared by all connections of this process. */
  lookup?: LookupFunction | undefined;
}

export interface HttpRequest {
  method?: 'GET' | 'POST';
  headers: Readonly<Record<string, string>>;
  body?: string | undefined;
  signal?: AbortSignal | undefined;
}

/** HTTP for machines: kept connections, deadlines, a bounded body, no redirects, and errors that hold nothing secret. */
export class HttpClient {
  readonly #timeout: number;
  readonly #shortTimeout: number;
  readonly #proxy: Proxy | undefined;
  readonly #kept: Agents;
  readonly #fresh: Agents;
  readonly #inFlight = new Set<Promise<unknown>>();
  #isClosed = false;

  constructor({ timeout, ca, certificate, proxy, lookup = sharedLookup.lookup }: HttpClientOptions) {
    this.#timeout = timeout;
    // Before the time is up for all: then the failure says what took it.
    this.#shortTimeout = Math.min(0.9 * timeout, maxPause);
    this.#proxy = proxy;
    const connect = {
      lookup,
      // Node.js gives each address 250 ms by default, which a slow network exceeds.
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: Math.max(250, Math.ceil(this.#shortTimeout / 3)),
    };
    const tls = { ca, cert: certificate?.certificate, key: certificate?.key.reveal() };
    const agents = (keeping: AgentOptions): Agents => {
      const options = { ...connect, ...tls, ...keeping };
      return {
        http: new HttpAgent(options as ConstructorParameters<typeof HttpAgent>[0]),
        https: new HttpsAgent(options),
        tunnel: proxy && new TunnelAgent(proxy, connect, this.#shortTimeout, options),
      };
    };
    this.#kept = agents({ keepAlive: true, timeout: keptFor, scheduling: 'lifo' });
    this.#fresh = agents({ keepAlive: false });
  }

  /** @throws HttpFailure, or the reason of the signal when it aborts */
  async send(url: URL, request: HttpRequest): Promise<HttpResponse> {
    if (this.#isClosed) throw new HttpFailure(url, 'CLOSED');
    const proxy = this.#proxyFor(url)?.url.host;
    const late = () => new HttpFailure(url, 'TIMEOUT', proxy);
    const sent = withinDeadline(this.#timeout, late, request.signal, async (deadline) => {
      try {
        return await this.#attempts(url, request, deadline);
      } catch (error) {
        deadline.throwIfAborted();
        throw HttpFailure.of(url, error, proxy);
      }
    });
    this.#inFlight.add(sent);
    try {
      return await sent;
    } finally {
      this.#inFlight.delete(sent);
    }
  }

  /** Ends the connections as soon as the requests in flight are answered. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.allSettled(this.#inFlight);
    for (const agent of Object.values(this.#kept)) agent?.destroy();
  }

  #proxyFor(url: URL): Proxy | undefined {
    return this.#proxy?.isFor(url) === true ? this.#proxy : undefined;
  }

  /** A kept connection may have been reset or forgotten meanwhile: the request is sent once more on a fresh one then. */
  async #attempts(url: URL, request: HttpRequest, signal: AbortSignal): Promise<HttpResponse> {
    try {
      return await this.#attempt(url, request, signal, this.#kept);
    } catch (error) {
      if (!(error instanceof DeadConnection) || signal.aborted) throw error;
      return this.#attempt(url, request, signal, this.#fresh);
    }
  }

  async #attempt(
    url: URL,
    { method = 'GET', headers, body }: HttpRequest,
    signal: AbortSignal,
    agents: Agents,
  ): Promise<HttpResponse> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const isTls = url.protocol === 'https:';
    const isTunnelled = this.#proxyFor(url) !== undefined;
    const outgoing = (isTls ? httpsRequest : httpRequest)(url, {
      method,
      maxHeaderSize,
      agent: isTunnelled ? agents.tunnel : isTls ? agents.https : agents.http,
      signal,
      headers: {
        'user-agent': 'token-broker',
        'accept-encoding': 'identity',
        ...headers,
        ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }),
      },
    });
    let bytesBefore = 0;
    const timers = new Timers();
    const isDead = () => outgoing.reusedSocket && outgoing.socket?.bytesRead === bytesBefore;
    outgoing.on('socket', (socket: Socket) => {
      bytesBefore = socket.bytesRead;
      // TLS may report a second error, when the request no longer listens.
      if (!outgoing.reusedSocket) socket.on('error', () => {});
      // Half of the time is left for a fresh connection when this one is forgotten by a NAT.
      if (outgoing.reusedSocket) timers.start(this.#timeout / 2, () => isDead() && outgoing.destroy());
      else if (socket.connecting) this.#limitConnect(socket, timers, outgoing);
    });
    outgoing.on('response', resolve);
    outgoing.on('error', (error) => reject(isDead() && !signal.aborted ? new DeadConnection() : error));
    // An unrequested 101 has Node.js end the request without response or error.
    outgoing.on('close', () => reject(Object.assign(new Error('no response'), { code: 'NO_RESPONSE' })));
    outgoing.end(body);
    try {
      const response = await promise;
      timers.clear();
      response.setTimeout(Math.min(this.#timeout, maxPause), () => {
        response.destroy(Object.assign(new Error('the body stopped'), { code: 'BODY_TIMEOUT' }));
      });
      return await readResponse(response);
    } finally {
      timers.clear();
    }
  }

  #limitConnect(socket: Socket, timers: Timers, outgoing: { destroy(error: Error): void }): void {
    const stop = timers.start(this.#shortTimeout, () => {
      outgoing.destroy(Object.assign(new Error('no connection in time'), { code: 'CONNECT_TIMEOUT' }));
    });
    socket.once('encrypted' in socket ? 'secureConnect' : 'connect', stop);
  }
}

interface Agents {
  http: HttpAgent;
  https: HttpsAgent;
  tunnel: TunnelAgent | undefined;
}

/** A kept connection on which no byte came. */
class DeadConnection extends Error {
  readonly code = 'ECONNRESET';
}

class Timers {
  readonly #running = new Set<NodeJS.Timeout>();

  /** @returns what stops it */
  start(milliseconds: number, act: () => void): () => void {
    const timer = setTimeout(act, milliseconds);
    this.#running.add(timer);
    return () => clearTimeout(timer);
  }

  clear(): void {
    for (const timer of this.#running) clearTimeout(timer);
  }
}
