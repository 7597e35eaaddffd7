import type { TokenResponse } from './ports/authorization-server.js';
import type { CachedToken } from './memory/memory-token-store.js';
import type { Client } from './model/client.js';
import type { Random, Clock } from './model/clock.js';
import type { Demand } from './model/demand.js';
import { LRUCache } from 'lru-cache';
import { UpstreamFailure } from './model/failures.js';
import { lruOfEntries } from './model/limits.js';
import type { GuardedAuthorizationServer } from './upstream.js';
import type { Lease } from './ports/renewal-lock.js';
import type { RenewalSchedule } from './ports/renewal-schedule.js';
import type { ServedToken } from './ports/token-store.js';
import type { TokenCache } from './token-cache.js';
import type { TokenEvents } from './ports/token-events.js';
import type { TokenRequest } from './model/token-request.js';
import { Token } from './model/token.js';
import { jwtExpiry } from './model/unverified-jwt.js';

export interface TokenFetchParts {
  cache: TokenCache;
  schedule: RenewalSchedule;
  upstream: GuardedAuthorizationServer;
  withdrawals?: {
    wasWithdrawn(client: Client, since: number): boolean;
    /** Called with a token that was requested before the tokens of its client were withdrawn, and came afterwards. */
    onTaken(taken: CachedToken): void;
  };
}

/** Milliseconds until a server that returned an expired token is asked again. */
const expiredPause = 5_000;

interface LastToken {
  sha256: string;
  expiresAt: number;
}

/** Milliseconds. A token with a shorter life is served to those that wait for it, and not kept. */
const shortestKept = 10_000;

/** One token request under a lease, and what is done with the response: stored, reported, its renewal planned. */
export class TokenFetch {
  /** The token of each request that was fetched last: the server may return it again when it is in no cache any more. */
  readonly #last = new LRUCache<string, LastToken>(lruOfEntries(10_000));

  constructor(
    private readonly parts: TokenFetchParts,
    private readonly events: TokenEvents,
    private readonly clock: Clock,
    private readonly chance: Random,
  ) {}

  /**
   * `before`: the token that is to be replaced, if any. Failures are reported, except those that a cool-down repeats.
   * Undefined when the tokens of the client were withdrawn meanwhile: then another has to be requested.
   * @throws UpstreamFailure
   */
  async fetch(
    request: TokenRequest,
    demand: Demand,
    lease: Lease,
    before: Token | undefined,
  ): Promise<ServedToken | undefined> {
    const { trigger } = demand;
    try {
      const answer = await this.parts.upstream.requestToken(request, demand, lease.signal);
      const token = await this.#placed(request, this.#token(request, answer, before, lease));
      if (token.remaining(this.clock.now()) <= 0) await this.#refuseExpired(request);
      if (this.parts.withdrawals?.wasWithdrawn(request.client, answer.sentAt)) {
        this.parts.withdrawals.onTaken({ request, token });
        return undefined;
      }
      await this.#keep(request, token, before, lease);
      for (const oddity of answer.anomalies) {
        this.events.emit({ type: 'response_anomaly', request, oddity, granted: String(token.scopes) });
      }
      const { fingerprint } = token.accessToken;
      this.events.emit({ type: 'renewed', request, trigger, fingerprint, lifetime: answer.lifetime });
      return { token, source: 'upstream' };
    } catch (error) {
      if (error instanceof UpstreamFailure && !error.fromCooldown) {
        this.events.emit({ type: 'renewal_failed', request, trigger, failure: error });
      }
      throw error;
    }
  }

  /** With quotas, renewals keep their distance to each other. */
  async #placed(request: TokenRequest, token: Token): Promise<Token> {
    const { quotas, renewal } = request.client.options;
    if (quotas === undefined || token.lifetime < shortestKept) return token;
    const latest = token.issuedAt + renewal.latest(token.lifetime);
    const at = await this.parts.upstream.placeRenewal(
      request,
      token.renewAt,
      Math.max(token.renewAt, latest),
    );
    return new Token({ ...token, renewAt: at });
  }

  async #refuseExpired(request: TokenRequest): Promise<never> {
    await this.parts.upstream.unchanged(request, expiredPause);
    throw new UpstreamFailure(
      'unchanged',
      `the authorization server of client ${request.client.name} returns a token that has already expired; retry later`,
      { retryAfter: expiredPause },
    );
  }

  #token(
    request: TokenRequest,
    answer: TokenResponse,
    before: Token | undefined,
    { generation }: Lease,
  ): Token {
    const { sentAt, refreshIn } = answer;
    const expiresAt = this.#endOf(request, answer, before);
    const lifetime = expiresAt - sentAt;
    const renewAfter = request.client.options.renewal.renewAfter(lifetime, this.chance, refreshIn);
    return new Token({
      accessToken: answer.accessToken,
      scopes: answer.scopes,
      authorizationDetails: answer.authorizationDetails,
      issuedAt: isSame(answer, before) ? before.issuedAt : sentAt,
      renewAt: sentAt + (lifetime < shortestKept ? lifetime : renewAfter),
      expiresAt,
      // Newer than what it replaces, although the clock of a store that was failed over to may be behind.
      generation: Math.max(generation, (before?.generation ?? 0) + 1),
    });
  }

  /**
   * A server that caches tokens returns the same one with a full `expires_in` each time: it never lives beyond its first
   * end, unless its own `exp` says so.
   */
  #endOf(request: TokenRequest, response: TokenResponse, before: Token | undefined): number {
    const { accessToken, sentAt, lifetime } = response;
    const { sha256 } = accessToken;
    const last = this.#last.get(request.key);
    const firstEnd = Math.min(
      isSame(response, before) ? before.expiresAt : Infinity,
      last?.sha256 === sha256 ? last.expiresAt : Infinity,
    );
    const exp = firstEnd === Infinity ? undefined : jwtExpiry(accessToken);
    const ownEnd = exp === undefined ? firstEnd : this.clock.now() + exp - this.clock.wallTime();
    const expiresAt = Math.min(sentAt + lifetime, Math.max(firstEnd, ownEnd));
    this.#last.set(request.key, { sha256, expiresAt });
    return expiresAt;
  }

  async #keep(request: TokenRequest, token: Token, before: Token | undefined, lease: Lease): Promise<void> {
    const unchanged = isSame(token, before);
    if (!unchanged && token.lifetime < shortestKept) return;
    if (unchanged) await this.parts.upstream.unchanged(request, token.renewAt - this.clock.now());
    await this.parts.cache.put(request, token, lease);
    await this.parts.schedule.plan(request, token.renewAt);
  }
}

function isSame(one: Pick<Token, 'accessToken'>, other: Token | undefined): other is Token {
  return one.accessToken.sha256 === other?.accessToken.sha256;
}
