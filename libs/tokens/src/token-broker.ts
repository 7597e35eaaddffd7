import type { Clock } from './model/clock.js';
import { anyValid, type Demand } from './model/demand.js';
import { Failure, UpstreamFailure } from './model/failures.js';
import type { RenewalSchedule } from './ports/renewal-schedule.js';
import type { ServedToken, TokenCache } from './token-cache.js';
import type { TokenRenewal } from './token-renewal.js';
import type { TokenRequest } from './model/token-request.js';
import type { Token } from './model/token.js';

/** A token younger than this is not renewed because an API refused it. */
const youngestRejected = 10_000;

/** The one verb: all that consumers and the renewal schedule know of how tokens come about. */
export interface TokenSource {
  /** What `tokenFor` would give, where that takes no waiting. */
  cached(request: TokenRequest, demand: Demand): ServedToken | undefined;
  tokenFor(request: TokenRequest, demand: Demand): Promise<ServedToken>;
}

/** The only way to a token: for consumers and for the renewal schedule alike. */
export class TokenBroker implements TokenSource {
  constructor(
    private readonly cache: TokenCache,
    private readonly renewal: TokenRenewal,
    private readonly schedule: RenewalSchedule,
    private readonly clock: Clock,
  ) {}

  cached(request: TokenRequest, demand: Demand): ServedToken | undefined {
    const found = isForSchedule(demand) ? undefined : this.cache.cached(request, demand);
    if (found !== undefined) this.#note(request, demand, found);
    return found;
  }

  /**
   * A token that meets the demand: from the cache, or a new one. When none can be had, one that still lives does, unless
   * the consumer insists on a `minTtl` or reports that very token as rejected.
   * @throws Failure `invalid_request` (`minTtl` beyond the lifetime granted), `slow_down`; UpstreamFailure
   */
  async tokenFor(request: TokenRequest, demand: Demand): Promise<ServedToken> {
    const found = (await this.#cached(request, demand)) ?? (await this.#renewed(request, demand));
    this.#note(request, demand, found);
    return found;
  }

  #note(request: TokenRequest, { consumer }: Demand, { token }: ServedToken): void {
    if (consumer !== undefined) this.schedule.noteDemand(request, token.renewAt);
  }

  /** The schedule asks for what is due: a look before the one under the lock would only cost. */
  async #cached(request: TokenRequest, demand: Demand): Promise<ServedToken | undefined> {
    return isForSchedule(demand) ? undefined : this.cache.find(request, demand);
  }

  async #renewed(request: TokenRequest, demand: Demand): Promise<ServedToken> {
    await this.#refuseHopeless(request, demand);
    try {
      const renewed = await this.renewal.renew(request, demand);
      if (renewed.source !== 'upstream' && !this.cache.accepts(renewed.token, request, demand)) {
        return await this.#renewed(request, demand);
      }
      this.#refuseUnfit(renewed.token, request, demand);
      return renewed;
    } catch (failure) {
      const valid =
        demand.minTtl === undefined && (await this.cache.find(request, anyValid(demand.rejected)));
      if (!valid || isForSchedule(demand)) throw failure;
      return valid;
    }
  }

  /** Spares the authorization server a request that cannot bring what is demanded. */
  async #refuseHopeless(request: TokenRequest, demand: Demand): Promise<void> {
    if (demand.minTtl === undefined && demand.rejected === undefined) return;
    const current = (await this.cache.find(request, anyValid()))?.token;
    if (current === undefined) return;
    refuseBeyondLifetime(demand.minTtl, current.lifetime);
    const age = this.clock.now() - current.issuedAt;
    if (current.accessToken.sha256 !== demand.rejected || age >= youngestRejected) return;
    throw new Failure(
      'slow_down',
      'this token is only a few seconds old and is not renewed again so soon; if the API goes on refusing it, look for the cause there (scopes, audience, clock)',
      { retryAfter: youngestRejected - age },
    );
  }

  /** What the authorization server has just returned may still not do: the rejected token again, or too short a life. */
  #refuseUnfit(token: Token, request: TokenRequest, { minTtl = -Infinity, rejected }: Demand): void {
    const now = this.clock.now();
    if (token.accessToken.sha256 !== rejected && token.remaining(now) >= minTtl) return;
    const isNew = now - token.issuedAt <= request.client.options.timeout;
    if (isNew && token.accessToken.sha256 !== rejected) refuseBeyondLifetime(Infinity, token.lifetime);
    throw new UpstreamFailure(
      'unchanged',
      'the authorization server returns the same token until it expires; ask again after that',
      { retryAfter: Math.max(1_000, token.remaining(now)) },
    );
  }
}

function isForSchedule({ trigger }: Demand): boolean {
  return trigger === 'schedule' || trigger === 'preload';
}

function refuseBeyondLifetime(minTtl: number | undefined, lifetime: number): void {
  if (minTtl === undefined || minTtl <= lifetime) return;
  throw new Failure(
    'invalid_request',
    `min_ttl is beyond what the authorization server grants: its tokens live ${Math.floor(lifetime / 1000)} s; ask for less`,
  );
}
