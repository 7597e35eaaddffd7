import { AuthorizationServer, type TokenResponse } from '#tokens/ports/authorization-server.js';
import type { Client } from '#tokens/model/client.js';
import type { Clock } from '#tokens/model/clock.js';
import { UpstreamFailure, type UpstreamFailureReason } from '#tokens/model/failures.js';
import type { TokenRequest } from '#tokens/model/token-request.js';
import type { Answer } from './answer.js';
import type { ClientCredential } from './request/client-credential.js';
import { clockSkew } from './response/clock-skew.js';
import { withinDeadline } from './deadline.js';
import type { Exchange } from './request/exchange.js';
import { judgeTokenAnswer } from './response/judge-token-answer.js';
import { lateFailure } from './network-failure.js';
import { Redaction } from './redaction.js';
import { sendTokenRequest, unsendable } from './request/send-token-request.js';
import { sentSecrets } from './request/sent-secrets.js';
import {
  tokenEndpointFinder,
  type EndpointSetting,
  type FindTokenEndpoint,
} from './request/token-endpoint.js';
import { Transport, type Outgoing } from './transport.js';

/** One token request that went over the wire. */
export interface TokenRequestEvent {
  /** The client's name in the settings. */
  client: string;
  outcome: 'ok' | UpstreamFailureReason;
  /** Milliseconds from the sending to the judged answer. */
  duration: number;
  /** Milliseconds by which its clock is ahead of ours; undefined when no answer tells. */
  skew: number | undefined;
}

export interface HttpAuthorizationServerOptions {
  client: Client;
  endpoint: EndpointSetting;
  /** By version: its keys are the elements of `ClientOptions.credentials`. */
  credentials: ReadonlyMap<string, ClientCredential>;
  /** PEM: the authorities to trust instead of the usual ones. */
  ca?: string | undefined;
  clock: Clock;
  /** Told of every token request that was sent, but for those that the caller's signal ended. */
  onTokenRequest?: ((event: TokenRequestEvent) => void) | undefined;
}

/** The authorization server of one client, over HTTP (RFC 6749 §4.4). */
export class HttpAuthorizationServer extends AuthorizationServer {
  readonly #options: HttpAuthorizationServerOptions;
  readonly #transports: ReadonlyMap<string, Transport>;
  readonly #findEndpoint: FindTokenEndpoint;

  /** @throws TypeError when the endpoint is no URL */
  constructor(options: HttpAuthorizationServerOptions) {
    super();
    this.#options = options;
    this.#findEndpoint = tokenEndpointFinder(options.endpoint, options.client, options.clock);
    this.#transports = transports(options);
  }

  override async requestToken(
    request: TokenRequest,
    credential: string,
    signal?: AbortSignal,
  ): Promise<TokenResponse> {
    const { client } = this.#options;
    try {
      return await withinDeadline(
        client.options.timeout,
        () => lateFailure(client),
        signal,
        (deadline) => this.#request(request, credential, deadline),
      );
    } catch (error) {
      signal?.throwIfAborted();
      throw error instanceof UpstreamFailure ? error : unsendable(client, error);
    }
  }

  /** Ends the connections as soon as the requests in flight are answered. */
  async close(): Promise<void> {
    await Promise.all([...new Set(this.#transports.values())].map((transport) => transport.close()));
  }

  async #request(request: TokenRequest, version: string, signal: AbortSignal): Promise<TokenResponse> {
    const credential = this.#options.credentials.get(version);
    const transport = this.#transports.get(version);
    if (!credential || !transport) throw new TypeError('no such credential');
    const endpoint = await this.#findEndpoint(credential, transport, signal);
    return sendTokenRequest(request, endpoint, credential, (outgoing) => {
      const redaction = new Redaction(sentSecrets(credential, outgoing));
      const exchange = { request, endpoint: endpoint.url, sentAt: this.#options.clock.now(), redaction };
      return this.#exchange(exchange, transport, { ...outgoing, signal });
    });
  }

  async #exchange(exchange: Exchange, transport: Transport, outgoing: Outgoing): Promise<TokenResponse> {
    let skew: number | undefined;
    try {
      const answer = await transport.send(exchange.endpoint, outgoing);
      skew = this.#skew(answer, exchange);
      const judged = judgeTokenAnswer(answer, exchange);
      this.#report('ok', exchange, skew);
      return judged;
    } catch (error) {
      if (error instanceof UpstreamFailure) this.#report(error.reason, exchange, skew);
      throw error;
    }
  }

  #skew({ headers }: Answer, { sentAt }: Exchange): number | undefined {
    const { clock } = this.#options;
    return clockSkew(headers, clock.wallTime(), clock.now() - sentAt);
  }

  #report(
    outcome: TokenRequestEvent['outcome'],
    { request, sentAt }: Exchange,
    skew: number | undefined,
  ): void {
    const duration = this.#options.clock.now() - sentAt;
    this.#options.onTokenRequest?.({ client: request.client.name, outcome, duration, skew });
  }
}

/** One for all credentials, but one for each certificate: it belongs to the connection. */
function transports({ client, credentials, ca }: HttpAuthorizationServerOptions): Map<string, Transport> {
  const plain = new Transport(client, { ca });
  const transportOf = (credential: ClientCredential) =>
    credential.clientAuthentication === 'tls_client_auth'
      ? new Transport(client, { ca, certificate: credential })
      : plain;
  return new Map([...credentials].map(([version, credential]) => [version, transportOf(credential)]));
}
