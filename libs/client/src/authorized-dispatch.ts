import type { IncomingHttpHeaders } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Dispatcher } from 'undici';
import type { AccessToken } from './access-token.js';
import { isReplayable } from './api-request.js';
import type { TokenBrokerClient, TokenParameters } from './token-broker-client.js';

type Controller = Dispatcher.DispatchController;

export interface AuthorizedDispatchOptions {
  broker: TokenBrokerClient;
  parameters: TokenParameters;
  dispatch: Dispatcher.Dispatch;
  options: Dispatcher.DispatchOptions;
  handler: Dispatcher.DispatchHandler;
}

/** The handler of one request of undici, between it and the caller's. A 401 is held back until another token is known. */
export class AuthorizedDispatch implements Dispatcher.DispatchHandler {
  readonly #options: AuthorizedDispatchOptions;
  #token: AccessToken | undefined;
  #other: AccessToken | undefined;
  #isOver = false;
  /** The URLs called so far, kept up to date by a redirect interceptor below this one. */
  #history: readonly URL[] = [];

  constructor(options: AuthorizedDispatchOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { broker, parameters, handler } = this.#options;
    try {
      this.#token = await broker.token(parameters);
      this.#send(this.#token, this);
    } catch (error) {
      // There is no controller before undici has the request; its own interceptors give null, too.
      handler.onResponseError?.(null as unknown as Controller, error as Error);
    }
  }

  onRequestStart(controller: Controller, context: unknown): void {
    this.#history = (context as { history?: readonly URL[] } | undefined)?.history ?? [];
    this.#options.handler.onRequestStart?.(controller, context);
  }

  onRequestUpgrade(
    controller: Controller,
    status: number,
    headers: IncomingHttpHeaders,
    socket: Duplex,
  ): void {
    this.#options.handler.onRequestUpgrade?.(controller, status, headers, socket);
  }

  onResponseStart(controller: Controller, status: number, headers: IncomingHttpHeaders, text?: string): void {
    const forward = () => this.#options.handler.onResponseStart?.(controller, status, headers, text);
    const isRejected = this.#options.broker.rejection.matches(status, headers['www-authenticate']);
    if (!isRejected || this.#leftOrigin()) return forward();
    const replacing = this.#replacement();
    if (!isReplayable(this.#options.options.body)) return forward();
    controller.pause();
    void this.#holdBack(controller, replacing, forward);
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
    if (this.#other === undefined) this.#options.handler.onResponseData?.(controller, chunk);
  }

  onResponseEnd(controller: Controller, trailers: IncomingHttpHeaders): void {
    if (this.#other === undefined) this.#options.handler.onResponseEnd?.(controller, trailers);
    else this.#send(this.#other, this.#options.handler);
  }

  onResponseError(controller: Controller, error: Error): void {
    this.#isOver = true;
    this.#options.handler.onResponseError?.(controller, error);
  }

  onResponseStarted(): void {
    this.#options.handler.onResponseStarted?.();
  }

  onBodySent(chunk: Buffer): void {
    this.#options.handler.onBodySent?.(chunk);
  }

  onRequestSent(): void {
    this.#options.handler.onRequestSent?.();
  }

  async #holdBack(
    controller: Controller,
    replacing: Promise<AccessToken | undefined>,
    forward: () => void,
  ): Promise<void> {
    const other = await replacing;
    if (this.#isOver) return;
    this.#other = other;
    if (other === undefined) forward();
    controller.resume();
  }

  /** Redirected to another origin, a request continues without its token, even if it comes back. */
  #leftOrigin(): boolean {
    return this.#history.some(({ origin }) => origin !== this.#history[0]?.origin);
  }

  /** Undefined when there is none. Never fails. */
  async #replacement(): Promise<AccessToken | undefined> {
    const { broker, parameters } = this.#options;
    const token = this.#token as AccessToken;
    const other = await broker.rejected(token, parameters).catch(() => undefined);
    return other?.accessToken === token.accessToken ? undefined : other;
  }

  #send({ authorization }: AccessToken, handler: Dispatcher.DispatchHandler): void {
    const { dispatch, options } = this.#options;
    dispatch({ ...options, headers: withAuthorization(options.headers, authorization) }, handler);
  }
}

type DispatchHeaders = Dispatcher.DispatchOptions['headers'];

/** Headers in any form that undici accepts, with this `Authorization` and no other. */
export function withAuthorization(headers: DispatchHeaders, authorization: string): string[] {
  const others = pairsOf(headers).filter(([name]) => name.toLowerCase() !== 'authorization');
  const flat = others.flatMap(([name, value]) => [value].flat().flatMap((one) => [name, String(one ?? '')]));
  return [...flat, 'authorization', authorization];
}

type Pair = [name: string, value: string | readonly string[] | undefined];

function pairsOf(headers: DispatchHeaders): Pair[] {
  if (headers === undefined || headers === null) return [];
  if (Array.isArray(headers))
    return headers.flatMap((name, at) => (at % 2 === 0 ? [[name, headers[at + 1]]] : []));
  const pairs = Symbol.iterator in headers ? [...(headers as Iterable<Pair>)] : Object.entries(headers);
  return (pairs as Pair[]).filter(([, value]) => value !== undefined);
}
