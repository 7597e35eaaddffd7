import { AccessToken } from './access-token.js';
import { ApiOrigins } from './api-request.js';
import { authorizedFetch, signalOf } from './authorized-fetch.js';
import { BrokerConnection } from './broker-connection.js';
import { Credential, type CredentialSource } from './credential.js';
import { TokenRejection } from './rejection.js';
import { type Runtime, systemRuntime } from './runtime.js';
import { CachedToken, TokenCache } from './token-cache.js';
import type { TokenParameters } from './token-parameters.js';

export { AccessToken } from './access-token.js';
export type { CredentialSource } from './credential.js';
export type { Runtime } from './runtime.js';
export type { AuthorizationDetails, TokenParameters } from './token-parameters.js';
export { TokenBrokerError, type TokenBrokerErrorCode } from './token-broker-error.js';

export interface TokenBrokerClientOptions {
  /** Of the broker, such as `http://token-broker:8080`. */
  url: string | URL;
  /** An API key or a workload JWT; `{ file }` and functions are read anew for each request to the broker. */
  credential: CredentialSource;
  /**
   * The origins of the APIs, such as `https://api.example`: calls of `fetch`, undici and axios to others go without a
   * token. By default `fetch` sends it to the origin of the call.
   */
  origins?: readonly (string | URL)[] | undefined;
  /**
   * Statuses by which the APIs reject a token: by default 401. A `WWW-Authenticate` of `invalid_token` counts with any
   * status, and one of `insufficient_scope` with none.
   */
  rejectedStatuses?: readonly number[] | undefined;
  /** Milliseconds that a call without a valid token waits for one at most. Default: 15,000. */
  timeout?: number | undefined;
  /** How many distinct sets of parameters have a token in memory. Default: 1,000. */
  maxTokens?: number | undefined;
  /** Instead of the global one, for requests to the broker and for `fetch` of this client. */
  fetch?: typeof globalThis.fetch | undefined;
}

/** Requests access tokens from a token broker, and caches them. One for each process is enough. */
export class TokenBrokerClient {
  /** As in the options. */
  readonly origins: readonly (string | URL)[] | undefined;
  /** What counts as a rejection of a token. */
  readonly rejection: TokenRejection;
  readonly #apiOrigins: ApiOrigins | undefined;
  readonly #cache: TokenCache;
  readonly #fetch: typeof globalThis.fetch;

  /**
   * @param runtime for tests
   * @throws TypeError when `url` or one of `origins` is not an http or https URL
   */
  constructor(options: TokenBrokerClientOptions, runtime: Runtime = systemRuntime) {
    const { url, credential, origins, timeout = 15_000, maxTokens = 1_000 } = options;
    this.origins = origins;
    this.rejection = new TokenRejection(options.rejectedStatuses);
    this.#apiOrigins = origins && new ApiOrigins(origins);
    this.#fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
    const broker = new BrokerConnection(baseOf(url), new Credential(credential), this.#fetch, runtime);
    this.#cache = new TokenCache(
      maxTokens,
      (parameters) => new CachedToken({ parameters, broker, timeout, runtime }),
    );
  }

  /**
   * A token, from memory while it is valid. It is refreshed in the background; one request to the broker, however many
   * callers there are.
   * @throws TokenBrokerError, or the reason of the signal
   */
  token(parameters: TokenParameters & { signal?: AbortSignal | undefined }): Promise<AccessToken> {
    const { signal } = parameters;
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
    try {
      const cached = this.#cache.get(parameters);
      return cached.ready ?? withAbort(signal, cached.wait());
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  /**
   * "An API answered 401 to this token." Another token, which is requested from the broker once, however many report.
   * @throws TokenBrokerError `slow_down` when the token is only seconds old; or the reason of the signal
   */
  async rejected(
    token: AccessToken | string,
    parameters: TokenParameters & { signal?: AbortSignal | undefined },
  ): Promise<AccessToken> {
    parameters.signal?.throwIfAborted();
    const rejected = typeof token === 'string' ? AccessToken.ofUnknownLifetime(token) : token;
    const { accessToken: value, sha256 } = rejected;
    const replaced = this.#cache.get(parameters).replaceRejected(value, sha256);
    const other = await withAbort(parameters.signal, replaced);
    // Other parameters may have the same token.
    if (other.accessToken !== value) for (const cached of this.#cache) cached.invalidate(value);
    return other;
  }

  /**
   * `fetch` with the token in the `Authorization` header. On 401 the token is reported, and the call repeated once with
   * another; a call whose body is a stream cannot be repeated: its 401 is returned.
   * @throws TokenBrokerError, or what `fetch` throws
   */
  async fetch(
    input: string | URL | Request,
    init: RequestInit | undefined,
    parameters: TokenParameters,
  ): Promise<Response> {
    const signal = signalOf({ input, init });
    const tokens = {
      rejection: this.rejection,
      token: () => this.token({ ...parameters, signal }),
      replace: (token: AccessToken) => this.rejected(token, { ...parameters, signal }),
    };
    return authorizedFetch(this.#fetch, { input, init }, tokens, this.#apiOrigins);
  }
}

/** The outcome that other callers may wait for too, or the reason of this caller's signal when it aborts first. */
function withAbort<T>(signal: AbortSignal | undefined, outcome: Promise<T>): Promise<T> {
  if (signal === undefined) return outcome;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error);
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    outcome.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/** With a slash at its end, so that a path in front of the broker's own is kept. */
function baseOf(url: string | URL): URL {
  const base = URL.canParse(String(url)) ? new URL(url) : undefined;
  if (
    base === undefined ||
    !/^https?:$/.test(base.protocol) ||
    base.username !== '' ||
    base.password !== ''
  ) {
    throw new TypeError('url must be the http or https URL of a token broker, without user and password');
  }
  base.search = base.hash = '';
  if (!base.pathname.endsWith('/')) base.pathname += '/';
  return base;
}
