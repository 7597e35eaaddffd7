import type { AccessToken } from './access-token.js';
import type { BrokerConnection, ReceivedToken } from './broker-connection.js';
import type { Runtime } from './runtime.js';
import { SingleFlight } from './single-flight.js';
import type { TokenBrokerError } from './token-broker-error.js';
import { NormalizedParameters, rawKey, type TokenParameters } from './token-parameters.js';

export interface CachedTokenOptions {
  parameters: NormalizedParameters;
  broker: BrokerConnection;
  /** Milliseconds that a caller waits at most. */
  timeout: number;
  runtime: Runtime;
}

/** The token for one set of parameters, and the request for it: one in flight, however many callers wait. */
export class CachedToken {
  readonly #options: CachedTokenOptions;
  readonly #requests: SingleFlight<AccessToken>;
  readonly #reports: SingleFlight<AccessToken>;
  /** Settled already: a hit makes no promise of its own. */
  #cached: Promise<AccessToken> | undefined;
  #token: AccessToken | undefined;
  #usableUntil = -Infinity;
  #refreshAt = -Infinity;
  #waiting: Promise<AccessToken> | undefined;
  /** The token value that an API answered 401 to. */
  #rejected: string | undefined;

  constructor(options: CachedTokenOptions) {
    this.#options = options;
    this.#requests = new SingleFlight(options.runtime);
    this.#reports = new SingleFlight(options.runtime);
  }

  /** The token while it is valid, at once; one that is due for a refresh is refreshed in the background. */
  get ready(): Promise<AccessToken> | undefined {
    const now = this.#options.runtime.now();
    if (now < this.#refreshAt) return this.#cached;
    if (now >= this.#usableUntil) return undefined;
    this.#requests.runInBackground(() => this.#request(this.#options.timeout));
    return this.#cached;
  }

  /** A new token, retried until the timeout while failures are transient. @throws TokenBrokerError */
  wait(): Promise<AccessToken> {
    return (this.#waiting ??= this.#retryUntilDeadline().finally(() => (this.#waiting = undefined)));
  }

  /** Another token than the one that was rejected. @throws TokenBrokerError */
  async replaceRejected(value: string, sha256: string): Promise<AccessToken> {
    const cached = this.ready;
    if (cached !== undefined && this.#token?.accessToken !== value) return cached;
    const { backoff } = this.#reports;
    if (this.#rejected !== value) backoff.clear();
    this.#rejected = value;
    if (backoff.current !== undefined) throw backoff.current;
    return this.#reports.run(() => this.#report(sha256));
  }

  /** Drops the token if it is this one. */
  invalidate(value: string): void {
    if (this.#token?.accessToken !== value) return;
    this.#rejected = value;
    this.#usableUntil = this.#refreshAt = -Infinity;
  }

  async #retryUntilDeadline(): Promise<AccessToken> {
    const { runtime, timeout } = this.#options;
    const deadline = runtime.now() + timeout;
    for (;;) {
      const failure = this.#requests.backoff.current;
      if (failure !== undefined) await this.#waitForBackoff(failure, deadline);
      try {
        return await (this.ready ?? this.#requests.run(() => this.#request(deadline - runtime.now())));
      } catch {
        // The backoff has it: the next round decides.
      }
    }
  }

  /** @throws TokenBrokerError the failure, when waiting is useless */
  async #waitForBackoff(failure: TokenBrokerError, deadline: number): Promise<void> {
    const { now, sleep } = this.#options.runtime;
    const left = this.#requests.backoff.remaining;
    if (!failure.isTransient || now() + left >= deadline) throw failure;
    await sleep(left);
  }

  async #request(timeout: number): Promise<AccessToken> {
    const { broker, parameters } = this.#options;
    return this.#store(await broker.token(parameters, timeout));
  }

  async #report(sha256: string): Promise<AccessToken> {
    const { broker, parameters, timeout } = this.#options;
    return this.#store(await broker.rejected(parameters, sha256, timeout));
  }

  #store({ token, usableUntil, refreshAt }: ReceivedToken): Promise<AccessToken> {
    const { now } = this.#options.runtime;
    // A response that was in flight during the rejection must not bring the rejected token back.
    const isStale = token.accessToken === this.#rejected && this.#token?.accessToken !== this.#rejected;
    if (isStale && this.#cached !== undefined && now() < this.#usableUntil) return this.#cached;
    this.#token = token;
    this.#usableUntil = usableUntil;
    this.#refreshAt = refreshAt;
    return (this.#cached = Promise.resolve(token));
  }
}

/** One token for all parameters that are equal when normalized. Bounded: the oldest are evicted first. */
export class TokenCache {
  readonly #maxEntries: number;
  readonly #create: (parameters: NormalizedParameters) => CachedToken;
  readonly #byKey = new Map<string, CachedToken>();
  /** A fast path: a hit need not split and sort the scopes. */
  readonly #byRawKey = new Map<string, CachedToken>();

  constructor(maxEntries: number, create: (parameters: NormalizedParameters) => CachedToken) {
    this.#maxEntries = maxEntries;
    this.#create = create;
  }

  /** @throws TokenBrokerError `invalid_request` */
  get(parameters: TokenParameters): CachedToken {
    const raw = rawKey(parameters);
    return this.#byRawKey.get(raw) ?? this.#normalized(raw, new NormalizedParameters(parameters));
  }

  [Symbol.iterator](): Iterator<CachedToken> {
    return this.#byKey.values();
  }

  #normalized(raw: string, parameters: NormalizedParameters): CachedToken {
    const entry = this.#byKey.get(parameters.key) ?? this.#add(parameters);
    if (this.#byRawKey.size >= 4 * this.#maxEntries) this.#byRawKey.clear();
    this.#byRawKey.set(raw, entry);
    return entry;
  }

  #add(parameters: NormalizedParameters): CachedToken {
    for (const oldest of this.#byKey.keys()) {
      if (this.#byKey.size < this.#maxEntries) break;
      this.#byKey.delete(oldest);
      // Some of them lead to the evicted entry.
      this.#byRawKey.clear();
    }
    const entry = this.#create(parameters);
    this.#byKey.set(parameters.key, entry);
    return entry;
  }
}
