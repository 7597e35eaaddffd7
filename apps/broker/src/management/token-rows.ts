import type { Clock } from '#tokens/clock.js';
import type { Token } from '#tokens/token.js';
import type { TokenRequest } from '#tokens/token-request.js';
import type { Tier } from '#tokens/token-store.js';
import type { LastFailures } from './last-failures.js';

/** What operators are told of a token: never its value. Instants are ISO 8601 by this replica's clock. */
export interface TokenRow {
  /** The first 12 hex digits of the request key. */
  id: string;
  client: string;
  scopes: string[];
  resources: readonly string[];
  /** The first 12 hex digits of the token's SHA-256; absent when there is none now, as all up to `secondsLeft`. */
  fingerprint?: string;
  tier?: Tier;
  issuedAt?: string;
  renewAt?: string;
  expiresAt?: string;
  ageSeconds?: number;
  secondsLeft?: number;
  /** When the schedule renews it. */
  dueAt?: string;
  /** Of a renewal that this replica tried, since which none has succeeded. */
  lastFailure?: { at: string; reason: string; message: string };
  /** The replica that renews it right now. Only this one is ever named: the lock does not tell who else holds it. */
  holder?: string;
}

export interface ListedToken {
  request: TokenRequest;
  token?: Token | undefined;
  tier?: Tier | undefined;
  /** Instant of the monotonic clock. */
  dueAt?: number | undefined;
}

export interface TokenRowParts {
  clock: Clock;
  replica: string;
  failures: Pick<LastFailures, 'of'>;
  isHeld(request: TokenRequest): boolean;
}

/** Makes rows of tokens. */
export class TokenRows {
  constructor(private readonly parts: TokenRowParts) {}

  of({ request, token, tier, dueAt }: ListedToken): TokenRow {
    const { client, scopes, resources, key } = request;
    const failed = this.parts.failures.of(request);
    return {
      id: key.slice(0, 12),
      client: client.name,
      scopes: [...scopes],
      resources,
      ...(token && { fingerprint: token.accessToken.fingerprint, tier, ...this.#life(token) }),
      ...(dueAt !== undefined && { dueAt: this.#iso(dueAt) }),
      ...(failed && {
        lastFailure: {
          at: new Date(failed.at).toISOString(),
          reason: failed.failure.reason,
          message: failed.failure.message,
        },
      }),
      ...(this.parts.isHeld(request) && { holder: this.parts.replica }),
    };
  }

  #life(token: Token): Partial<TokenRow> {
    const now = this.parts.clock.now();
    return {
      issuedAt: this.#iso(token.issuedAt),
      renewAt: this.#iso(token.renewAt),
      expiresAt: this.#iso(token.expiresAt),
      ageSeconds: Math.floor((now - token.issuedAt) / 1000),
      secondsLeft: Math.floor(token.remaining(now) / 1000),
    };
  }

  /** From an instant of the monotonic clock. */
  #iso(at: number): string {
    const { clock } = this.parts;
    return new Date(clock.wallTime() + at - clock.now()).toISOString();
  }
}
