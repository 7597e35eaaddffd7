import { abortable } from './abortable.js';
import { AccessToken } from './access-token.js';
import { authorizedFetch, signalOf } from './authorized-fetch.js';
import { BrokerConnection } from './broker-connection.js';
import { Credential, type CredentialSource } from './credential.js';
import { NearCopies } from './near-copies.js';
import { NearCopy } from './near-copy.js';
import { type Surroundings, systemSurroundings } from './surroundings.js';
import type { TokenAsk } from './token-ask.js';

export { AccessToken } from './access-token.js';
export type { CredentialSource } from './credential.js';
export type { Surroundings } from './surroundings.js';
export type { TokenAsk } from './token-ask.js';
export { TokenBrokerError, type TokenBrokerErrorCode } from './token-broker-error.js';

export interface TokenBrokerClientOptions {
  /** Of the broker, such as `http://token-broker:8080`. */
  url: string | URL;
  /** An API key or a workload JWT; `{ file }` and functions are read anew for each request to the broker. */
  credential: CredentialSource;
  /** Milliseconds in all that a call waits for a token that there is none of. Default: 15,000. */
  timeout?: number | undefined;
  /** How many distinct asks are kept near. Default: 1,000. */
  maxTokens?: number | undefined;
  /** Instead of the global one, for requests to the broker and for `fetch` of this client. */
  fetch?: typeof globalThis.fetch | undefined;
}

/** Asks a token broker for access tokens, and keeps them near. One for each process is enough. */
export class TokenBrokerClient {
  readonly #copies: NearCopies;
  readonly #fetch: typeof globalThis.fetch;

  /**
   * @param surroundings for tests
   * @throws TypeError when the URL is none of HTTP
   */
  constructor(options: TokenBrokerClientOptions, surroundings: Surroundings = systemSurroundings) {
    const { url, credential, timeout = 15_000, maxTokens = 1_000 } = options;
    this.#fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
    const broker = new BrokerConnection(baseOf(url), new Credential(credential), this.#fetch, surroundings);
    this.#copies = new NearCopies(maxTokens, (ask) => new NearCopy({ ask, broker, timeout, surroundings }));
  }

  /**
   * A token, from memory while it is valid. Renewals happen behind the caller's back; one request to the broker,
   * however many ask.
   * @throws TokenBrokerError, or the reason of the signal
   */
  token(ask: TokenAsk & { signal?: AbortSignal | undefined }): Promise<AccessToken> {
    const { signal } = ask;
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
    try {
      const copy = this.#copies.of(ask);
      return copy.ready ?? heeding(signal, copy.wait());
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  /**
   * "An API answered 401 to this token." Another token, for which the broker is asked once, however many report.
   * @throws TokenBrokerError `slow_down` when the token is only seconds old; or the reason of the signal
   */
  async rejected(
    token: AccessToken | string,
    ask: TokenAsk & { signal?: AbortSignal | undefined },
  ): Promise<AccessToken> {
    ask.signal?.throwIfAborted();
    const rejected = typeof token === 'string' ? AccessToken.foreign(token) : token;
    const { accessToken: value, sha256 } = rejected;
    const other = await heeding(ask.signal, this.#copies.of(ask).replace(value, sha256));
    // What was asked for otherwise may well be the same token.
    if (other.accessToken !== value) for (const copy of this.#copies) copy.drop(value);
    return other;
  }

  /**
   * `fetch` with the token in the `Authorization` header. When the answer is 401 the token is reported, and the call
   * repeated once with another; a call whose body is a stream cannot be: its 401 is the answer.
   * @throws TokenBrokerError, or what `fetch` throws
   */
  async fetch(
    input: string | URL | Request,
    init: RequestInit | undefined,
    ask: TokenAsk,
  ): Promise<Response> {
    const signal = signalOf({ input, init });
    return authorizedFetch(
      this.#fetch,
      { input, init },
      {
        token: () => this.token({ ...ask, signal }),
        replace: (token) => this.rejected(token, { ...ask, signal }),
      },
    );
  }
}

function heeding<T>(signal: AbortSignal | undefined, outcome: Promise<T>): Promise<T> {
  return signal === undefined ? outcome : abortable(outcome, signal);
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
