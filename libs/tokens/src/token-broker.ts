import type { Clock } from './model/clock.js';
import { anyValid, type Demand, type Trigger } from './model/demand.js';
import { Failure, UpstreamFailure } from './model/failures.js';
import type { Token } from './model/token.js';
import type { TokenRequest } from './model/token-request.js';
import type { CooldownStore } from './ports/cooldown-store.js';
import type { RenewalSchedule } from './ports/renewal-schedule.js';
import type { ServedToken } from './ports/token-store.js';
import type { TokenEvents } from './ports/token-events.js';
import { RejectedTokens, RivalTokens } from './rejected-tokens.js';
import type { TokenCache } from './token-cache.js';
import type { TokenRenewal } from './token-renewal.js';

/** All that consumers and the renewal schedule know of how tokens come about. */
export abstract class TokenSource {
  /**
   * What `tokenFor` would return, where that takes no waiting.
   * @param now instant of the monotonic clock: to read the clocks costs more than the rest of it
   */
  abstract cached(request: TokenRequest, demand: Demand, now: number): ServedToken | undefined;

  /**
   * A token that meets the demand: from the cache, or a new one. When none can be had, one that still lives does, unless
   * the consumer insists on a `minTtl` or reports that very token as rejected.
   * @throws Failure `invalid_request` (`minTtl` beyond the lifetime granted), `slow_down`; UpstreamFailure
   */
  abstract tokenFor(request: TokenRequest, demand: Demand): Promise<ServedToken>;

  /**
   * A new token in place of one that is due, or the one that another replica has brought meanwhile.
   * @throws UpstreamFailure, also while the token that is due still lives
   */
  abstract renew(request: TokenRequest, trigger: Trigger): Promise<ServedToken>;
}

/** The only way to a token: for consumers and for the renewal schedule alike. */
export class TokenBroker implements TokenSource {
  readonly #rejected: RejectedTokens;
  readonly #rivals = new RivalTokens();

  constructor(
    private readonly cache: TokenCache,
    private readonly renewal: TokenRenewal,
    private readonly schedule: RenewalSchedule,
    private readonly clock: Clock,
    cooldowns: CooldownStore,
    private readonly events: TokenEvents,
  ) {
    this.#rejected = new RejectedTokens(cooldowns);
  }

  cached(request: TokenRequest, demand: Demand, now: number): ServedToken | undefined {
    const found = this.cache.cached(request, demand, now);
    if (found !== undefined) this.#noteDemand(request, demand, found, now);
    return found;
  }

  async tokenFor(request: TokenRequest, demand: Demand): Promise<ServedToken> {
    const copy = this.cache.copy(request);
    const found =
      (await this.cache.findBeside(copy, request, demand)) ?? (await this.#renewed(request, demand, copy));
    this.#noteDemand(request, demand, found, this.clock.now());
    return found;
  }

  renew(request: TokenRequest, trigger: Trigger): Promise<ServedToken> {
    return this.#renew(request, { trigger });
  }

  async #renew(request: TokenRequest, demand: Demand): Promise<ServedToken> {
    const renewed = await this.renewal.renew(request, demand);
    if (renewed.source === 'upstream') this.#rivals.issued(request, renewed.token.issuedAt);
    return renewed;
  }

  #noteDemand(request: TokenRequest, { consumer }: Demand, { token }: ServedToken, now: number): void {
    if (consumer !== undefined) this.schedule.noteDemand(request, token.renewAt, now);
  }

  /** `copy`: the one that the request began with, as a reload of the settings may drop it meanwhile. */
  async #renewed(request: TokenRequest, demand: Demand, copy: ServedToken | undefined): Promise<ServedToken> {
    await this.#rejectUnsatisfiable(request, demand);
    try {
      const renewed = await this.#renew(request, demand);
      this.#rejectUnacceptable(renewed.token, request, demand);
      return renewed;
    } catch (failure) {
      if (demand.minTtl !== undefined) throw failure;
      const anyToken = anyValid(demand.rejected);
      const valid = await this.cache.find(request, anyToken);
      if (valid !== undefined) return valid;
      if (copy === undefined || !this.cache.accepts(copy.token, request, anyToken)) throw failure;
      return copy;
    }
  }

  /** Spares the authorization server a request that cannot bring what is demanded. */
  async #rejectUnsatisfiable(request: TokenRequest, demand: Demand): Promise<void> {
    if (demand.minTtl === undefined && demand.rejected === undefined) return;
    const current = await this.#current(request, demand);
    if (current === undefined) return;
    rejectBeyondLifetime(demand.minTtl, current.lifetime);
    if (current.accessToken.sha256 !== demand.rejected) return;
    this.#noteRivals(request, current);
    const wait = await this.#rejected.report(request, current, this.clock.now());
    if (wait === 0) return;
    throw new Failure(
      'slow_down',
      'this token was issued only seconds ago and is not renewed again yet; if the API keeps rejecting it, check the scopes, audience and clock that the API expects',
      { retryAfter: wait },
    );
  }

  #noteRivals(request: TokenRequest, token: Token): void {
    if (!this.#rivals.rejected(request, token, this.clock.now())) return;
    const granted = String(token.scopes);
    this.events.emit({ type: 'response_anomaly', request, oddity: 'tokens_end_each_other', granted });
  }

  /**
   * Where a new token invalidates the previous one, that one is rejected before this replica has the new one: a renewal under way
   * is waited for.
   */
  async #current(request: TokenRequest, { rejected }: Demand): Promise<Token | undefined> {
    const found = (await this.cache.find(request, anyValid()))?.token;
    const mayBeReplaced =
      request.client.options.oneToken !== undefined && found?.accessToken.sha256 === rejected;
    if (!mayBeReplaced) return found;
    await this.renewal.awaitOther(request);
    return (await this.cache.latest(request))?.token;
  }

  /** What the authorization server has just returned may not do: the rejected token again, or too short a life. */
  #rejectUnacceptable(token: Token, request: TokenRequest, { minTtl = -Infinity, rejected }: Demand): void {
    const now = this.clock.now();
    if (token.accessToken.sha256 !== rejected && token.remaining(now) >= minTtl) return;
    const isNew = now - token.issuedAt <= request.client.options.timeout;
    if (isNew && token.accessToken.sha256 !== rejected) rejectBeyondLifetime(Infinity, token.lifetime);
    throw new UpstreamFailure(
      'unchanged',
      'the authorization server returns the same token until it expires; retry after that',
      { retryAfter: Math.max(1_000, token.remaining(now)) },
    );
  }
}

function rejectBeyondLifetime(minTtl: number | undefined, lifetime: number): void {
  if (minTtl === undefined || minTtl <= lifetime) return;
  throw new Failure(
    'invalid_request',
    `min_ttl is longer than the lifetime of tokens, ${Math.floor(lifetime / 1000)} s; request less`,
  );
}
