/** The `error` codes of the broker, and those of what can go wrong on the way to it. */
export type TokenBrokerErrorCode =
  | 'invalid_request'
  | 'invalid_scope'
  | 'invalid_client'
  | 'access_denied'
  | 'slow_down'
  | 'upstream_rejected'
  | 'upstream_malformed'
  | 'temporarily_unavailable'
  /** No connection, or one that broke. */
  | 'unreachable'
  /** The deadline of the call ran out. */
  | 'timeout'
  /** The own credential could not be read, or cannot stand in a header. */
  | 'credential_unavailable'
  /** Not an answer of a token broker: a proxy's page, or another server. */
  | 'unexpected_answer';

export interface TokenBrokerErrorOptions extends ErrorOptions {
  status?: number | undefined;
  retryAfter?: number | undefined;
  description?: string | undefined;
  upstreamError?: string | undefined;
}

/** No token came from the broker. It holds no secret: neither a token nor the credential. */
export class TokenBrokerError extends Error {
  override readonly name = 'TokenBrokerError';
  /** HTTP status of the broker's answer; undefined when there was none. */
  readonly status: number | undefined;
  /** Seconds after which asking again makes sense, when the broker said so. */
  readonly retryAfter: number | undefined;
  /** What the broker said, with what to do next. */
  readonly description: string | undefined;
  /** The authorization server's own `error` code, when it refused. */
  readonly upstreamError: string | undefined;

  constructor(
    readonly code: TokenBrokerErrorCode,
    message: string,
    options: TokenBrokerErrorOptions = {},
  ) {
    super(message, options);
    this.status = options.status;
    this.retryAfter = options.retryAfter;
    this.description = options.description;
    this.upstreamError = options.upstreamError;
  }

  /** Whether the same question may well be answered a little later, with nothing changed. */
  get isPassing(): boolean {
    if (this.code === 'upstream_rejected') return false;
    if (this.status === undefined) return this.code === 'unreachable' || this.code === 'timeout';
    return this.status >= 500 || this.status === 429 || this.status === 408;
  }
}
