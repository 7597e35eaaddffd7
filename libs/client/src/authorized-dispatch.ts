import type { IncomingHttpHeaders } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Dispatcher } from 'undici';
import type { AccessToken } from './access-token.js';
import { withAuthorization } from './dispatch-headers.js';
import { isReplayable } from './replayable.js';
import type { TokenAsk, TokenBrokerClient } from './token-broker-client.js';

type Controller = Dispatcher.DispatchController;

export interface AuthorizedDispatchParts {
  broker: TokenBrokerClient;
  ask: TokenAsk;
  dispatch: Dispatcher.Dispatch;
  options: Dispatcher.DispatchOptions;
  handler: Dispatcher.DispatchHandler;
}

/** One request of undici: what it hears on the way to its handler. A 401 is held back until another token is known. */
export class AuthorizedDispatch implements Dispatcher.DispatchHandler {
  readonly #parts: AuthorizedDispatchParts;
  #token: AccessToken | undefined;
  #other: AccessToken | undefined;
  #isOver = false;

  constructor(parts: AuthorizedDispatchParts) {
    this.#parts = parts;
  }

  async start(): Promise<void> {
    const { broker, ask, handler } = this.#parts;
    try {
      this.#token = await broker.token(ask);
      this.#send(this.#token, this);
    } catch (error) {
      // There is no controller before undici has the request; its own interceptors give null, too.
      handler.onResponseError?.(null as unknown as Controller, error as Error);
    }
  }

  onRequestStart(controller: Controller, context: unknown): void {
    this.#parts.handler.onRequestStart?.(controller, context);
  }

  onRequestUpgrade(
    controller: Controller,
    status: number,
    headers: IncomingHttpHeaders,
    socket: Duplex,
  ): void {
    this.#parts.handler.onRequestUpgrade?.(controller, status, headers, socket);
  }

  onResponseStart(controller: Controller, status: number, headers: IncomingHttpHeaders, text?: string): void {
    const goOn = () => this.#parts.handler.onResponseStart?.(controller, status, headers, text);
    if (status !== 401) return goOn();
    const replacing = this.#replacement();
    if (!isReplayable(this.#parts.options.body)) return goOn();
    controller.pause();
    void this.#holdBack(controller, replacing, goOn);
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
    if (this.#other === undefined) this.#parts.handler.onResponseData?.(controller, chunk);
  }

  onResponseEnd(controller: Controller, trailers: IncomingHttpHeaders): void {
    if (this.#other === undefined) this.#parts.handler.onResponseEnd?.(controller, trailers);
    else this.#send(this.#other, this.#parts.handler);
  }

  onResponseError(controller: Controller, error: Error): void {
    this.#isOver = true;
    this.#parts.handler.onResponseError?.(controller, error);
  }

  onResponseStarted(): void {
    this.#parts.handler.onResponseStarted?.();
  }

  onBodySent(chunk: Buffer): void {
    this.#parts.handler.onBodySent?.(chunk);
  }

  onRequestSent(): void {
    this.#parts.handler.onRequestSent?.();
  }

  async #holdBack(
    controller: Controller,
    replacing: Promise<AccessToken | undefined>,
    goOn: () => void,
  ): Promise<void> {
    const other = await replacing;
    if (this.#isOver) return;
    this.#other = other;
    if (other === undefined) goOn();
    controller.resume();
  }

  /** Undefined when none can be had. Never fails. */
  async #replacement(): Promise<AccessToken | undefined> {
    const { broker, ask } = this.#parts;
    const token = this.#token as AccessToken;
    const other = await broker.rejected(token, ask).catch(() => undefined);
    return other?.accessToken === token.accessToken ? undefined : other;
  }

  #send({ authorization }: AccessToken, handler: Dispatcher.DispatchHandler): void {
    const { dispatch, options } = this.#parts;
    dispatch({ ...options, headers: withAuthorization(options.headers, authorization) }, handler);
  }
}
