import { withinDeadline } from '#http/deadline.js';
import { HttpClient } from '#http/http-client.js';
import { type HttpResponse, jsonObjectIn } from '#http/http-response.js';
import type { Proxy } from '#http/proxy.js';
import { AuthorizationServer, type TokenResponse } from '#tokens/ports/authorization-server.js';
import type { Client } from '#tokens/model/client.js';
import type { Clock } from '#tokens/model/clock.js';
import { UpstreamFailure, type UpstreamFailureReason } from '#tokens/model/failures.js';
import type { Secret } from '#tokens/model/secret.js';
import type { TokenRequest } from '#tokens/model/token-request.js';
import { sendFor, timeoutFailure } from './network-failure.js';
import { Redaction } from './redaction.js';
import { authenticate, sentSecrets } from './request/client-authentication.js';
import {
  certificateOf,
  credentialSettings,
  isSigner,
  type ClientCredential,
} from './request/client-credential.js';
import {
  bodyText,
  type ComposedRequest,
  composeTokenPresentation,
  composeTokenRequest,
  type TokenRequestContext,
} from './request/compose-token-request.js';
import { type SigningContext, useJwtBearerGrant } from './request/signed-assertion.js';
import { Discovery, type EndpointSetting, type TokenEndpoint } from './request/discovery.js';
import { type KeyIds, ServerKeys } from './request/server-keys.js';
import { type RateLimit, readRateLimit } from './response/rate-limit.js';
import { processTokenResponse } from './response/process-token-response.js';
import { clockSkew, type OtherClocks, ServerClock } from './response/server-clock.js';

/** One token request that was sent. */
export interface TokenRequestEvent {
  /** The client's name in the settings. */
  client: string;
  outcome: 'ok' | UpstreamFailureReason;
  /** Milliseconds from the sending to the processed response. */
  duration: number;
  /** Milliseconds by which its clock is ahead of ours; undefined without a response that says. */
  skew: number | undefined;
  /** Undefined when the response says nothing of it. */
  rateLimit: RateLimit | undefined;
  /** Host and port that it was sent to. */
  server: string;
}

export interface HttpAuthorizationServerOptions {
  client: Client;
  endpoint: EndpointSetting;
  /** By version: its keys are the elements of `ClientOptions.credentials`. */
  credentials: ReadonlyMap<string, ClientCredential>;
  /** PEM: the authorities to trust instead of the usual ones. */
  ca?: string | undefined;
  proxy?: Proxy | undefined;
  /** Further ones of each token request, by their names in lower case. */
  headers?: Readonly<Record<string, Secret>> | undefined;
  clock: Clock;
  managedKeys?: SigningContext['managedKeys'];
  clockSkew?: OtherClocks | undefined;
  /** Called for every token request that was sent, except those that the caller's signal ended. */
  onTokenRequest?: ((event: TokenRequestEvent) => void) | undefined;
}

/** By what a request is sent. */
interface Access {
  credential: ClientCredential;
  http: HttpClient;
  endpoint: TokenEndpoint;
  signal: AbortSignal;
}

/** The authorization server of one client, over HTTP (RFC 6749 §4.4, RFC 7523 §2.1). */
export class HttpAuthorizationServer extends AuthorizationServer {
  readonly #options: HttpAuthorizationServerOptions;
  readonly #connections: ReadonlyMap<string, HttpClient>;
  readonly #discovery: Discovery;
  readonly #keys: ServerKeys;
  readonly #serverClock: ServerClock;

  /** @throws TypeError when the endpoint is no URL */
  constructor(options: HttpAuthorizationServerOptions) {
    super();
    this.#options = options;
    this.#connections = connections(options);
    const [http = new HttpClient({ timeout: options.client.options.timeout })] = this.#connections.values();
    this.#serverClock = new ServerClock(options.clockSkew);
    this.#discovery = new Discovery(options.endpoint, options.client, http, options.clock);
    this.#keys = new ServerKeys(options.client, http);
  }

  override async requestToken(
    request: TokenRequest,
    credential: string,
    signal?: AbortSignal,
  ): Promise<TokenResponse> {
    const { client } = this.#options;
    try {
      return await this.#within((deadline) => this.#request(request, credential, deadline), signal);
    } catch (error) {
      signal?.throwIfAborted();
      throw error instanceof UpstreamFailure ? error : unusableCredential(client, error);
    }
  }

  /**
   * Revokes an access token (RFC 7009), with the first of the credentials that is accepted. Returns whether the server
   * has an endpoint for that.
   * @throws UpstreamFailure
   */
  async revokeToken(token: Secret): Promise<boolean> {
    const { client, credentials } = this.#options;
    let status = 0;
    for (const [version, credential] of credentials) {
      const response = await this.#within(async (signal) => {
        const endpoint = await this.#discovery.revocationEndpoint(credential, signal);
        return endpoint && this.#present(token, this.#access(version, endpoint, signal));
      });
      if (response === undefined) return false;
      if (response.status === 200) return true;
      ({ status } = response);
    }
    throw new UpstreamFailure(
      'request_refused',
      `The authorization server of client ${client.name} answered HTTP ${status} to the revocation of a token. Revoke it there.`,
    );
  }

  /**
   * The ids of the keys that the server publishes; undefined where it is not known where, or where they do not say which
   * keys there are.
   * @throws UpstreamFailure when they cannot be read
   */
  publishedKeyIds(): Promise<KeyIds> {
    return this.#within(async (signal) => {
      const url = await this.#discovery.jwksUri(signal);
      return url && this.#keys.read(url, signal);
    });
  }

  /**
   * Whether the server says that a token is active (RFC 7662), asked with the first of the credentials; undefined where it
   * does not say.
   * @throws UpstreamFailure
   */
  async isActive(token: Secret): Promise<boolean | undefined> {
    const [version] = this.#options.credentials.keys();
    if (version === undefined) return undefined;
    return this.#within(async (signal) => {
      const endpoint = await this.#discovery.introspectionEndpoint(signal);
      if (endpoint === undefined) return undefined;
      const response = await this.#present(token, this.#access(version, endpoint, signal));
      const active = jsonObjectIn(response)?.get('active');
      return response.status === 200 && typeof active === 'boolean' ? active : undefined;
    });
  }

  /** @throws UpstreamFailure when the time of the client for a request is over */
  #within<T>(run: (signal: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const { client } = this.#options;
    return withinDeadline(client.options.timeout, () => timeoutFailure(client), signal, run);
  }

  /** Ends the connections as soon as the requests in flight are answered. */
  async close(): Promise<void> {
    await Promise.all([...new Set(this.#connections.values())].map((http) => http.close()));
  }

  #access(version: string, endpoint: TokenEndpoint, signal: AbortSignal): Access {
    const [credential, http] = [this.#options.credentials.get(version), this.#connections.get(version)];
    if (!credential || !http) throw new TypeError('no such credential');
    return { credential, http, endpoint, signal };
  }

  /** Sends a token to an endpoint that does something with it. */
  async #present(token: Secret, access: Access): Promise<HttpResponse> {
    const { client } = this.#options;
    const composed = composeTokenPresentation(token, client);
    await this.#authenticate(composed, client, access);
    return this.#post(composed, access);
  }

  async #request(request: TokenRequest, version: string, signal: AbortSignal): Promise<TokenResponse> {
    const credential = this.#options.credentials.get(version);
    if (credential === undefined) throw new TypeError('no such credential');
    const endpoint = await this.#discovery.tokenEndpoint(credential, signal);
    const attempt = () => this.#attempt(request, this.#access(version, endpoint, signal));
    return isSigner(credential) ? this.#serverClock.dated(attempt) : attempt();
  }

  async #attempt(request: TokenRequest, access: Access): Promise<TokenResponse> {
    const { credential, endpoint } = access;
    const composed = composeTokenRequest(request, endpoint);
    const { clock } = this.#options;
    const { grant } = credential;
    if (grant) await useJwtBearerGrant(composed, request, grant, endpoint, this.#signing);
    await this.#authenticate(composed, request.client, access);
    const headers = Object.values(this.#options.headers ?? {}).map((value) => value.reveal());
    const redaction = new Redaction([...sentSecrets(credential, composed), ...headers]);
    const sent = { sentAt: clock.now(), wallTime: clock.wallTime() };
    return this.#send(composed, { request, endpoint: endpoint.url, ...sent, redaction }, access);
  }

  async #authenticate(composed: ComposedRequest, client: Client, access: Access): Promise<void> {
    await authenticate(composed, client, access.credential, access.endpoint, this.#signing);
    for (const [name, value] of Object.entries(this.#options.headers ?? {}))
      composed.headers.set(name, value.reveal());
  }

  get #signing(): SigningContext {
    const { clock, managedKeys } = this.#options;
    return { now: clock.wallTime(), skew: this.#serverClock.skew, managedKeys };
  }

  #post(composed: ComposedRequest, { http, endpoint, signal }: Access): Promise<HttpResponse> {
    const headers = Object.fromEntries(composed.headers);
    const request = { method: 'POST', headers, body: bodyText(composed), signal } as const;
    return sendFor(this.#options.client, http, endpoint.url, request);
  }

  async #send(
    composed: ComposedRequest,
    context: TokenRequestContext,
    access: Access,
  ): Promise<TokenResponse> {
    const { clock, onTokenRequest } = this.#options;
    const { endpoint, request, sentAt } = context;
    const seen: Pick<TokenRequestEvent, 'skew' | 'rateLimit'> = { skew: undefined, rateLimit: undefined };
    const report = (outcome: TokenRequestEvent['outcome']) => {
      const duration = clock.now() - sentAt;
      onTokenRequest?.({ client: request.client.name, outcome, duration, ...seen, server: endpoint.host });
    };
    try {
      const response = await this.#post(composed, access);
      const { headers } = response;
      seen.skew = clockSkew(headers, clock.wallTime(), clock.now() - sentAt);
      seen.rateLimit = readRateLimit(headers, clock.wallTime());
      this.#serverClock.measured(seen.skew);
      const token = processTokenResponse(response, context);
      report('ok');
      return token;
    } catch (error) {
      if (error instanceof UpstreamFailure) report(error.reason);
      throw error;
    }
  }
}

/** By credential version: one for all secrets and keys, one for each certificate, which belongs to the connection. */
function connections({
  client,
  credentials,
  ca,
  proxy,
}: HttpAuthorizationServerOptions): Map<string, HttpClient> {
  const { timeout } = client.options;
  const plain = new HttpClient({ timeout, ca, proxy });
  const connectionOf = (credential: ClientCredential) => {
    const certificate = certificateOf(credential);
    return certificate ? new HttpClient({ timeout, ca, proxy, certificate }) : plain;
  };
  return new Map([...credentials].map(([version, credential]) => [version, connectionOf(credential)]));
}

function unusableCredential(client: Client, cause: unknown): UpstreamFailure {
  return new UpstreamFailure(
    'client_refused',
    `No token request can be made for client ${client.name}. Check ${credentialSettings(client)} in the settings.`,
    { cause },
  );
}
