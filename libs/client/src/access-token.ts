import { createHash } from 'node:crypto';

const inspected: unique symbol = Symbol.for('nodejs.util.inspect.custom') as never;

export interface AccessTokenOptions {
  accessToken: string;
  /** The scopes granted, separated by spaces. */
  scope: string;
  /** Milliseconds on the clock of `now`. */
  expiresAt: number;
  now: () => number;
}

/**
 * An access token. Printed by accident (by a template string, JSON, a logger) it is `[redacted]`; only `accessToken` and
 * `authorization` reveal the value.
 */
export class AccessToken {
  /** The scopes granted, separated by spaces. */
  readonly scope: string;
  readonly #value: string;
  readonly #authorization: string;
  readonly #expiresAt: number;
  readonly #now: () => number;
  #sha256: string | undefined;

  constructor({ accessToken, scope, expiresAt, now }: AccessTokenOptions) {
    this.scope = scope;
    this.#value = accessToken;
    this.#authorization = `Bearer ${accessToken}`;
    this.#expiresAt = expiresAt;
    this.#now = now;
  }

  /** One that was not requested here: its lifetime is unknown. */
  static ofUnknownLifetime(accessToken: string): AccessToken {
    return new AccessToken({ accessToken, scope: '', expiresAt: 0, now: () => 0 });
  }

  /** The token itself. */
  get accessToken(): string {
    return this.#value;
  }

  /** The value of an `Authorization` header: `Bearer` and the token. */
  get authorization(): string {
    return this.#authorization;
  }

  /** Whole seconds that it still lives, counted now. */
  get expiresIn(): number {
    return Math.max(0, Math.floor((this.#expiresAt - this.#now()) / 1000));
  }

  /** SHA-256 of the token, in hex: safe to log. */
  get sha256(): string {
    return (this.#sha256 ??= createHash('sha256').update(this.#value).digest('hex'));
  }

  toString(): string {
    return '[redacted]';
  }

  toJSON(): string {
    return '[redacted]';
  }

  [inspected](): string {
    return '[redacted]';
  }
}
