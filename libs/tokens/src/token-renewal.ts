import type { TokenAnswer } from './authorization-server.js';
import type { Chance, Clock } from './clock.js';
import type { Demand } from './demand.js';
import { UpstreamFailure } from './failures.js';
import type { GuardedAuthorizationServer } from './guarded-authorization-server.js';
import type { Acquisition, Lease, RenewalLock } from './renewal-lock.js';
import type { RenewalSchedule } from './renewal-schedule.js';
import type { FoundToken, TokenCache } from './token-cache.js';
import type { TokenEvents } from './token-events.js';
import type { TokenRequest } from './token-request.js';
import { Token } from './token.js';

export interface RenewalParts {
  cache: TokenCache;
  lock: RenewalLock;
  schedule: RenewalSchedule;
  upstream: GuardedAuthorizationServer;
}

/** A shorter life is handed to those who wait, and not kept. */
const shortestKept = 10_000;

/** How much longer than a token request the waiters of another holder wait, at the most. */
const waitBeyondTimeout = 5_000;

/** One new token, however many ask for it. */
export class TokenRenewal {
  readonly #inFlight = new Map<string, Promise<FoundToken>>();

  constructor(
    private readonly parts: RenewalParts,
    private readonly events: TokenEvents,
    private readonly clock: Clock,
    private readonly chance: Chance,
  ) {}

  /**
   * Joins the renewal in flight for this request, or starts one. So what comes back may be good enough for another
   * demand only, unless its source is `upstream`.
   * @throws UpstreamFailure
   */
  renew(request: TokenRequest, demand: Demand): Promise<FoundToken> {
    const { key } = request;
    const inFlight = this.#inFlight.get(key);
    if (inFlight !== undefined) return inFlight;
    const renewal = this.#renew(request, demand).finally(() => this.#inFlight.delete(key));
    this.#inFlight.set(key, renewal);
    return renewal;
  }

  /** Resolves when no renewal is in flight any more. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#inFlight.values());
  }

  async #renew(request: TokenRequest, demand: Demand): Promise<FoundToken> {
    const deadline = this.clock.now() + request.client.options.timeout + waitBeyondTimeout;
    while (this.clock.now() < deadline) {
      const acquisition = await this.parts.lock.acquire(request);
      this.events.emit({ type: 'lock_asked', outcome: acquisition.outcome });
      const renewed =
        acquisition.outcome === 'held'
          ? await this.#outcomeOf(acquisition.settled, request, demand)
          : await this.#lookAgainOrAsk(request, demand, acquisition);
      if (renewed !== undefined) return renewed;
    }
    throw new UpstreamFailure(
      'unavailable',
      'the wait for another renewal of this token ran out; ask again',
      {
        retryAfter: 1_000,
      },
    );
  }

  /** What somebody else's renewal came to; undefined when it came to nothing. */
  async #outcomeOf(
    settled: Promise<UpstreamFailure | undefined>,
    request: TokenRequest,
    demand: Demand,
  ): Promise<FoundToken | undefined> {
    const failure = await settled;
    if (failure !== undefined) throw failure;
    return this.parts.cache.find(request, demand);
  }

  /** While the lock was awaited, its last holder may have brought the token. Undefined when the lease was lost. */
  async #lookAgainOrAsk(
    request: TokenRequest,
    demand: Demand,
    acquisition: Exclude<Acquisition, { outcome: 'held' }>,
  ): Promise<FoundToken | undefined> {
    const lease =
      acquisition.outcome === 'acquired' ? acquisition.lease : withoutLock(acquisition.generation);
    try {
      const latest = await this.parts.cache.latest(request);
      const isGood = latest !== undefined && this.parts.cache.accepts(latest.token, request, demand);
      const renewed = isGood ? latest : await this.#ask(request, demand, lease, latest?.token);
      await lease.release();
      return renewed;
    } catch (error) {
      await lease.release(error instanceof UpstreamFailure ? error : undefined);
      if (lease.signal?.aborted) return undefined;
      throw error;
    }
  }

  async #ask(
    request: TokenRequest,
    demand: Demand,
    lease: Lease,
    before: Token | undefined,
  ): Promise<FoundToken> {
    const { trigger } = demand;
    try {
      const answer = await this.parts.upstream.requestToken(request, demand, lease.signal);
      const token = this.#token(request, answer, before, lease);
      await this.#keep(request, token, before);
      for (const oddity of answer.oddities) {
        this.events.emit({ type: 'answer_odd', request, oddity, granted: String(token.scopes) });
      }
      const { fingerprint } = token.accessToken;
      this.events.emit({ type: 'renewed', request, trigger, fingerprint, lifetime: answer.lifetime });
      return { token, source: 'upstream' };
    } catch (error) {
      if (error instanceof UpstreamFailure && !error.repeated) {
        this.events.emit({ type: 'renewal_failed', request, trigger, failure: error });
      }
      throw error;
    }
  }

  #token(
    request: TokenRequest,
    answer: TokenAnswer,
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
      // Newer than what it replaces, though a store that took over may be behind in its time.
      generation: Math.max(generation, (before?.generation ?? 0) + 1),
    });
  }

  async #keep(request: TokenRequest, token: Token, before: Token | undefined): Promise<void> {
    const unchanged = isSame(token, before);
    if (!unchanged && token.lifetime < shortestKept) return;
    if (unchanged) await this.parts.upstream.unchanged(request, token.renewAt - this.clock.now());
    await this.parts.cache.put(request, token);
    await this.parts.schedule.plan(request, token.renewAt);
  }
}

/** Better two renewals at once than none: the newer of two tokens wins. */
function withoutLock(generation: number): Lease {
  return { generation, release: async () => {} };
}

function isSame(one: Pick<Token, 'accessToken'>, other: Token | undefined): other is Token {
  return one.accessToken.sha256 === other?.accessToken.sha256;
}
