import type { ScopeSet } from './scope-set.js';
import type { Secret } from './secret.js';

export interface TokenOptions {
  accessToken: Secret;
  /** Those granted, which may differ from those requested (RFC 6749 §5.1). */
  scopes: ScopeSet;
  /** Those granted (RFC 9396 §7), as the JSON of the response; undefined where it has none. */
  authorizationDetails?: string | undefined;
  /** All instants in milliseconds of the monotonic clock. The life starts when the request was sent. */
  issuedAt: number;
  renewAt: number;
  expiresAt: number;
  /** Number of the renewal that brought it: of two tokens for one key the one of the higher generation is newer. */
  generation: number;
}

/** An access token and its life (RFC 6749 §5.1). */
export class Token {
  readonly accessToken: Secret;
  readonly scopes: ScopeSet;
  readonly authorizationDetails: string | undefined;
  readonly issuedAt: number;
  readonly renewAt: number;
  readonly expiresAt: number;
  readonly generation: number;

  constructor(options: Readonly<TokenOptions>) {
    this.accessToken = options.accessToken;
    this.scopes = options.scopes;
    this.authorizationDetails = options.authorizationDetails;
    this.issuedAt = options.issuedAt;
    this.renewAt = options.renewAt;
    this.expiresAt = options.expiresAt;
    this.generation = options.generation;
  }

  /** Milliseconds from issue to expiry. */
  get lifetime(): number {
    return this.expiresAt - this.issuedAt;
  }

  /** The same token, to be renewed at this instant at the latest. */
  renewedBy(instant: number): Token {
    return new Token({ ...this, renewAt: Math.min(this.renewAt, instant) });
  }

  /** Milliseconds left at the given instant; negative when it is over. */
  remaining(now: number): number {
    return this.expiresAt - now;
  }
}
