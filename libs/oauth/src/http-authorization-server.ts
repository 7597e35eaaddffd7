import { withinDeadline } from '#http/deadline.js';
import { HttpClient, type HttpResponse } from '#http/http-client.js';
import { HttpFailure } from '#http/http-failure.js';
import { decodeText } from '#http/media-type.js';
import type { Proxy } from '#http/proxy.js';
import { AuthorizationServer, type TokenResponse } from '#tokens/ports/authorization-server.js';
import type { Client } from '#tokens/model/client.js';
import type { Clock } from '#tokens/model/clock.js';
import { UpstreamFailure, type UpstreamFailureReason } from '#tokens/model/failures.js';
import { parseJsonObject } from '#tokens/model/json-object.js';
import type { Secret } from '#tokens/model/secret.js';
import type { TokenRequest } from '#tokens/model/token-request.js';
import { networkFailure, timeoutFailure } from './network-failure.js';
import { Redaction } from './redaction.js';
import { authenticate, sentSecrets } from './request/client-authentication.js';
import {
  certificateOf,
  credentialSettings,
  isSigner,
  type ClientCredential,
} from './request/client-credential.js';
import { composeTokenPresentation } from './request/compose-token-presentation.js';
import { bodyText, composeTokenRequest, type ComposedRequest } from './request/compose-token-request.js';
import type { SigningContext } from './request/signed-assertion.js';
import { useJwtBearerGrant } from './request/jwt-bearer-grant.js';
import { Discovery, type EndpointSetting, type TokenEndpoint } from './request/discovery.js';
import { type KeyIds, ServerKeys } from './request/server-keys.js';
import type { TokenRequestContext } from './request/token-request-context.js';
import { clockSkew } from './response/clock-skew.js';
import { type RateLimit, readRateLimit } from './response/rate-limit.js';
import { processTokenResponse } from './response/process-token-response.js';

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
  /** Milliseconds by which other clocks are ahead of ours: all of them in agreement, or that of the shared store alone. */
  clockSkew?: { agreed(): number; ofStore(): number | undefined } | undefined;
  /** Called for every token request that was sent, except those that the caller's signal ended. */
  onTokenRequest?: ((event: TokenRequestEvent) => void) | undefined;
}

/** Milliseconds of clock skew that servers tolerate in an assertion. */
const toleratedSkew = 5_000;

/** The authorization server of one client, over HTTP (RFC 6749 §4.4, RFC 7523 §2.1). */
export class HttpAuthorizationServer extends AuthorizationServer {
  readonly #options: HttpAuthorizationServerOptions;
  readonly #connections: ReadonlyMap<string, HttpClient>;
  readonly #discovery: Discovery;
  readonly #keys: ServerKeys;
  /** Milliseconds by which the server's clock is ahead of ours, by its last response or as other clocks have it. */
  #serverSkew: number;

  /** @throws TypeError when the endpoint is no URL */
  constructor(options: HttpAuthorizationServerOptions) {
    super();
    this.#options = options;
    this.#connections = connections(options);
    const [http = new HttpClient({ timeout: options.client.options.timeout })] = this.#connections.values();
    this.#serverSkew = options.clockSkew?.agreed() ?? 0;
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
      return await withinDeadline(
        client.options.timeout,
        () => timeoutFailure(client),
        signal,
        (deadline) => this.#request(request, credential, deadline),
      );
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
    const { timeout } = client.options;
    let status = 0;
    for (const [version, credential] of credentials) {
      const outcome = await withinDeadline(
        timeout,
        () => timeoutFailure(client),
        undefined,
        (signal) => this.#revoke(token, credential, this.#connections.get(version)!, signal),
      );
      if (outcome === undefined) return false;
      if (outcome === 200) return true;
      status = outcome;
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
  async publishedKeyIds(): Promise<KeyIds> {
    const { client } = this.#options;
    return withinDeadline(
      client.options.timeout,
      () => timeoutFailure(client),
      undefined,
      async (signal) => {
        const url = await this.#discovery.jwksUri(signal);
        return url && this.#keys.read(url, signal);
      },
    );
  }

  /**
   * Whether the server says that a token is active (RFC 7662), asked with the first of the credentials; undefined where it
   * does not say.
   * @throws UpstreamFailure
   */
  async isActive(token: Secret): Promise<boolean | undefined> {
    const { client, credentials } = this.#options;
    const [[version, credential] = []] = credentials;
    if (version === undefined || credential === undefined) return undefined;
    return withinDeadline(
      client.options.timeout,
      () => timeoutFailure(client),
      undefined,
      async (signal) => {
        const endpoint = await this.#discovery.introspectionEndpoint(signal);
        if (endpoint === undefined) return undefined;
        const http = this.#connections.get(version)!;
        const { status, headers, body } = await this.#present(token, endpoint, credential, http, signal);
        const active = parseJsonObject(decodeText(body, headers.get('content-type')))?.get('active');
        return status === 200 && typeof active === 'boolean' ? active : undefined;
      },
    );
  }

  /** Returns the status; undefined when there is no endpoint. */
  async #revoke(
    token: Secret,
    credential: ClientCredential,
    http: HttpClient,
    signal: AbortSignal,
  ): Promise<number | undefined> {
    const endpoint = await this.#discovery.revocationEndpoint(credential, signal);
    return endpoint && (await this.#present(token, endpoint, credential, http, signal)).status;
  }

  /** Sends a token to an endpoint that does something with it. */
  async #present(
    token: Secret,
    endpoint: TokenEndpoint,
    credential: ClientCredential,
    http: HttpClient,
    signal: AbortSignal,
  ): Promise<HttpResponse> {
    const { client } = this.#options;
    const composed = composeTokenPresentation(token, client);
    await this.#authenticate(composed, client, credential, endpoint);
    const { headers, body } = composed;
    try {
      const outgoing = { headers: Object.fromEntries(headers), body: String(body), signal };
      return await http.send(endpoint.url, { method: 'POST', ...outgoing });
    } catch (error) {
      throw error instanceof HttpFailure ? networkFailure(error, endpoint.url, client) : error;
    }
  }

  /** Ends the connections as soon as the requests in flight are answered. */
  async close(): Promise<void> {
    await Promise.all([...new Set(this.#connections.values())].map((http) => http.close()));
  }

  async #request(request: TokenRequest, version: string, signal: AbortSignal): Promise<TokenResponse> {
    const credential = this.#options.credentials.get(version);
    const http = this.#connections.get(version);
    if (!credential || !http) throw new TypeError('no such credential');
    const endpoint = await this.#discovery.tokenEndpoint(credential, signal);
    const assumedSkew = this.#serverSkew;
    try {
      return await this.#attempt(request, credential, endpoint, http, signal);
    } catch (error) {
      const isRefusal =
        error instanceof UpstreamFailure &&
        (error.reason === 'client_refused' || error.reason === 'request_refused');
      const skew = this.#betterSkew(assumedSkew);
      const isMisdated = Math.abs(skew - assumedSkew) > toleratedSkew;
      if (!isSigner(credential) || !isRefusal || !isMisdated) throw error;
      return this.#attemptDated(skew, () => this.#attempt(request, credential, endpoint, http, signal));
    }
  }

  /** By the `Date` of the response that refused the assertion, or by the clock of the shared store where it has none. */
  #betterSkew(assumed: number): number {
    const isMeasured = this.#serverSkew !== assumed;
    return isMeasured ? this.#serverSkew : (this.#options.clockSkew?.ofStore() ?? assumed);
  }

  async #attemptDated<T>(skew: number, attempt: () => Promise<T>): Promise<T> {
    const before = this.#serverSkew;
    this.#serverSkew = skew;
    try {
      return await attempt();
    } catch (error) {
      if (this.#serverSkew === skew) this.#serverSkew = before;
      throw error;
    }
  }

  async #attempt(
    request: TokenRequest,
    credential: ClientCredential,
    endpoint: TokenEndpoint,
    http: HttpClient,
    signal: AbortSignal,
  ): Promise<TokenResponse> {
    const composed = composeTokenRequest(request, endpoint);
    const { clock } = this.#options;
    const { grant } = credential;
    if (grant) await useJwtBearerGrant(composed, request, grant, endpoint, this.#signing);
    await this.#authenticate(composed, request.client, credential, endpoint);
    const redaction = new Redaction([...sentSecrets(credential, composed), ...this.#furtherSecrets()]);
    const context = {
      request,
      endpoint: endpoint.url,
      sentAt: clock.now(),
      wallTime: clock.wallTime(),
      redaction,
    };
    return this.#send(composed, context, http, signal);
  }

  async #authenticate(
    composed: ComposedRequest,
    client: Client,
    credential: ClientCredential,
    endpoint: TokenEndpoint,
  ): Promise<void> {
    await authenticate(composed, client, credential, endpoint, this.#signing);
    for (const [name, value] of Object.entries(this.#options.headers ?? {}))
      composed.headers.set(name, value.reveal());
  }

  get #signing(): SigningContext {
    const { clock, managedKeys } = this.#options;
    return { now: clock.wallTime(), skew: this.#serverSkew, managedKeys };
  }

  #furtherSecrets(): string[] {
    return Object.values(this.#options.headers ?? {}).map((value) => value.reveal());
  }

  async #send(
    composed: ComposedRequest,
    context: TokenRequestContext,
    http: HttpClient,
    signal: AbortSignal,
  ): Promise<TokenResponse> {
    const { endpoint, request } = context;
    const seen: Pick<TokenRequestEvent, 'skew' | 'rateLimit'> = { skew: undefined, rateLimit: undefined };
    try {
      const outgoing = { headers: Object.fromEntries(composed.headers), body: bodyText(composed), signal };
      const response = await http.send(endpoint, { method: 'POST', ...outgoing });
      seen.skew = this.#skew(response, context);
      seen.rateLimit = readRateLimit(response.headers, this.#options.clock.wallTime());
      this.#serverSkew = seen.skew ?? this.#serverSkew;
      const token = processTokenResponse(response, context);
      this.#report('ok', context, seen);
      return token;
    } catch (error) {
      const failure = error instanceof HttpFailure ? networkFailure(error, endpoint, request.client) : error;
      if (failure instanceof UpstreamFailure) this.#report(failure.reason, context, seen);
      throw failure;
    }
  }

  #skew({ headers }: HttpResponse, { sentAt }: TokenRequestContext): number | undefined {
    const { clock } = this.#options;
    return clockSkew(headers, clock.wallTime(), clock.now() - sentAt);
  }

  #report(
    outcome: TokenRequestEvent['outcome'],
    { request, sentAt, endpoint }: TokenRequestContext,
    seen: Pick<TokenRequestEvent, 'skew' | 'rateLimit'>,
  ): void {
    const duration = this.#options.clock.now() - sentAt;
    this.#options.onTokenRequest?.({
      client: request.client.name,
      outcome,
      duration,
      ...seen,
      server: endpoint.host,
    });
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
