/** The `error` codes of the broker, and those of failures to reach it. */
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
  /** The consumer's own credential could not be read, or is not allowed in a header. */
  | 'credential_unavailable'
  /** Not a response of a token broker: a proxy's page, or another server. */
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
  /** HTTP status of the broker's response; undefined when there was none. */
  readonly status: number | undefined;
  /** Seconds after which to try again, when the broker sent them. */
  readonly retryAfter: number | undefined;
  /** The broker's description, with what to do next. */
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

  /** Whether the same request may succeed a little later, with nothing changed. */
  get isTransient(): boolean {
    if (this.code === 'upstream_rejected') return false;
    if (this.status === undefined) return this.code === 'unreachable' || this.code === 'timeout';
    return this.status >= 500 || this.status === 429 || this.status === 408;
  }
}
