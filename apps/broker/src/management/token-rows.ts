import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '#tokens/model/clock.js';
import type { Token } from '#tokens/model/token.js';
import type { TokenRequest } from '#tokens/model/token-request.js';
import { TokenRenewal } from '#tokens/token-renewal.js';
import type { Tier } from '#tokens/ports/token-store.js';
import { BrokerHealth, type LastFailure } from '../core/broker-health.js';
import { REPLICA_NAME } from '../core/broker-options.js';

/** What operators see of a token: never its value. Instants are ISO 8601 by this replica's clock. */
export interface TokenRow {
  /** `TokenRequest.id` */
  id: string;
  client: string;
  scopes: string[];
  resources: readonly string[];
  /** RFC 9396; absent without any. */
  authorizationDetails?: readonly unknown[];
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
  /** The replica that renews it right now. Only this one is ever named: the lock does not name another holder. */
  holder?: string;
}

export interface ListedToken {
  request: TokenRequest;
  token?: Token | undefined;
  tier?: Tier | undefined;
  /** Instant of the monotonic clock. */
  dueAt?: number | undefined;
}

/** Makes rows of tokens. */
@Injectable()
export class TokenRows {
  constructor(
    private readonly clock: Clock,
    @Inject(REPLICA_NAME) private readonly replica: string,
    private readonly health: BrokerHealth,
    private readonly renewal: TokenRenewal,
  ) {}

  of({ request, token, tier, dueAt }: ListedToken): TokenRow {
    const { clock, health, renewal, replica } = this;
    const failed = health.lastFailure(request);
    // While the client cools down, no attempt of the schedule reaches the authorization server.
    const heldUntil = health.clients.stateOf(request.client).until ?? -Infinity;
    return {
      id: request.id,
      client: request.client.name,
      scopes: [...request.scopes],
      resources: request.resources,
      ...detailsOf(request),
      ...(token && { fingerprint: token.accessToken.fingerprint, tier, ...life(token, clock) }),
      ...(dueAt !== undefined && { dueAt: iso(clock.wallTimeOf(Math.max(dueAt, heldUntil))) }),
      ...(failed && { lastFailure: failureOf(failed) }),
      ...(renewal.isRenewing(request) && { holder: replica }),
    };
  }
}

function detailsOf({ authorizationDetails }: TokenRequest): Pick<TokenRow, 'authorizationDetails'> {
  if (authorizationDetails.length === 0) return {};
  return { authorizationDetails: authorizationDetails.map((detail) => JSON.parse(detail) as unknown) };
}

function life(token: Token, clock: Clock): Partial<TokenRow> {
  const now = clock.now();
  return {
    issuedAt: iso(clock.wallTimeOf(token.issuedAt)),
    renewAt: iso(clock.wallTimeOf(token.renewAt)),
    expiresAt: iso(clock.wallTimeOf(token.expiresAt)),
    ageSeconds: Math.floor((now - token.issuedAt) / 1000),
    secondsLeft: Math.floor(token.remaining(now) / 1000),
  };
}

function failureOf({ at, failure: { reason, message } }: LastFailure): TokenRow['lastFailure'] {
  return { at: iso(at), reason, message };
}

function iso(wallTime: number): string {
  return new Date(wallTime).toISOString();
}
