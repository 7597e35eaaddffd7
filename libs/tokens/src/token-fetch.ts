import type { TokenResponse } from './ports/authorization-server.js';
import type { Random, Clock } from './model/clock.js';
import type { Demand } from './model/demand.js';
import { UpstreamFailure } from './model/failures.js';
import type { GuardedAuthorizationServer } from './upstream.js';
import type { Lease } from './ports/renewal-lock.js';
import type { RenewalSchedule } from './ports/renewal-schedule.js';
import type { ServedToken } from './ports/token-store.js';
import type { TokenCache } from './token-cache.js';
import type { TokenEvents } from './ports/token-events.js';
import type { TokenRequest } from './model/token-request.js';
import { Token } from './model/token.js';

export interface TokenFetchParts {
  cache: TokenCache;
  schedule: RenewalSchedule;
  upstream: GuardedAuthorizationServer;
}

/** Milliseconds. A token with a shorter life is served to those that wait for it, and not kept. */
const shortestKept = 10_000;

/** One token request under a lease, and what is done with the response: stored, reported, its renewal planned. */
export class TokenFetch {
  constructor(
    private readonly parts: TokenFetchParts,
    private readonly events: TokenEvents,
    private readonly clock: Clock,
    private readonly chance: Random,
  ) {}

  /**
   * `before`: the token that is to be replaced, if any. Failures are reported, except those that a cool-down repeats.
   * @throws UpstreamFailure
   */
  async fetch(
    request: TokenRequest,
    demand: Demand,
    lease: Lease,
    before: Token | undefined,
  ): Promise<ServedToken> {
    const { trigger } = demand;
    try {
      const answer = await this.parts.upstream.requestToken(request, demand, lease.signal);
      const token = this.#token(request, answer, before, lease);
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

  #token(
    request: TokenRequest,
    answer: TokenResponse,
    before: Token | undefined,
    { generation }: Lease,
  ): Token {
    const { sentAt, lifetime, refreshIn } = answer;
    const renewAfter = request.client.options.renewal.renewAfter(lifetime, this.chance, refreshIn);
    return new Token({
      accessToken: answer.accessToken,
      scopes: answer.scopes,
      issuedAt: isSame(answer, before) ? before.issuedAt : sentAt,
      renewAt: sentAt + (lifetime < shortestKept ? lifetime : renewAfter),
      expiresAt: sentAt + lifetime,
      // Newer than what it replaces, although the clock of a store that was failed over to may be behind.
      generation: Math.max(generation, (before?.generation ?? 0) + 1),
    });
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
