import type { AuthorizationServer, TokenResponse } from './ports/authorization-server.js';
import type { Client } from './model/client.js';
import type { Random } from './model/clock.js';
import type { Cooldown, CooldownStore, CooldownTarget } from './ports/cooldown-store.js';
import type { Demand } from './model/demand.js';
import { backoff, UpstreamFailure } from './model/failures.js';
import type { TokenEvents } from './ports/token-events.js';
import type { TokenRequestBudget } from './ports/token-request-budget.js';
import type { TokenRequest } from './model/token-request.js';

export interface Upstream {
  authorizationServer: AuthorizationServer;
  cooldowns: CooldownStore;
  budget: TokenRequestBudget;
}

/** Milliseconds until another replica that knows the former credential is likely to have renewed the token. */
const othersRenewIn = 5_000;

/** Milliseconds until all replicas know the outcome of an attempt: before that no other is admitted, even after its timeout. */
const outcomeDelay = 1_000;

/**
 * Applies cool-downs, the budget and the rotation of credentials to token requests: none is sent while the server cools
 * down, nor beyond the budget, and the second credential of a rotation is used when the first is refused. The first is
 * tried again when its cool-down is over, so the change-over is seen within 5 minutes, by one token request at a time.
 */
export class GuardedAuthorizationServer {
  constructor(
    private readonly upstream: Upstream,
    private readonly events: TokenEvents,
    private readonly chance: Random,
    /** Whether the clock of this replica may be off: it dates client assertions (RFC 7523 §3). */
    private readonly isClockDisputed: () => boolean = () => false,
  ) {}

  /** @throws UpstreamFailure with `retryAfter` wherever waiting can help */
  async requestToken(request: TokenRequest, demand: Demand, signal?: AbortSignal): Promise<TokenResponse> {
    if (request.client.options.isProofUnknown) throw proofUnknown(request);
    let refusal: UpstreamFailure | undefined;
    for (const [position, credential] of request.client.options.credentials.entries()) {
      const cooldown = await this.#admit(request, credential);
      if (cooldown !== undefined) {
        refusal ??= cooldown.failure.withRetryAfter(cooldown.remaining, true);
        if (cooldown.target.scope === 'credential') continue;
        throw refusal;
      }
      try {
        await this.#spend(request, demand);
        const answer = await this.upstream.authorizationServer.requestToken(request, credential, signal);
        await this.#succeeded(request, credential, position + 1);
        this.events.emit({ type: 'credential_used', request, credential: position + 1 });
        return answer;
      } catch (error) {
        if (signal?.aborted)
          throw new UpstreamFailure('unavailable', 'the renewal was given up', { cause: error });
        refusal = await this.#failed(request, credential, position + 1, error);
        if (refusal.cooldownScope !== 'credential') throw refusal;
      }
    }
    throw refusal ?? new UpstreamFailure('client_refused', `client ${request.client.name} has no credential`);
  }

  /** What cools down now, or did until it is next tried: the client, and its credentials by their position from 1. */
  async cooldowns({ identity, options }: Client): Promise<(Cooldown & { credential: number })[]> {
    const found = await this.upstream.cooldowns.look([
      { scope: 'client', client: identity },
      ...options.credentials.map((name) => ({ scope: 'credential', client: identity, name }) as const),
    ]);
    return found.map((one) => ({
      ...one,
      credential: options.credentials.indexOf(one.target.name ?? '') + 1,
    }));
  }

  /** When a token is renewed, by the quotas of its client: see `TokenRequestBudget`. */
  placeRenewal({ client }: TokenRequest, earliest: number, latest: number): Promise<number> {
    return this.upstream.budget.placeRenewal(client, earliest, latest);
  }

  /** The authorization server keeps returning the token that is to be replaced: it is left alone for a while. */
  async unchanged(request: TokenRequest, wait: number): Promise<void> {
    const failure = new UpstreamFailure(
      'unchanged',
      `the authorization server of client ${request.client.name} returns the same token again; it can be replaced only after its expiry`,
    );
    await this.upstream.cooldowns.failed(targetOf(request), failure, () => wait);
  }

  #admit(request: TokenRequest, credential: string): Promise<Cooldown | undefined> {
    return this.upstream.cooldowns.admit(
      Object.values(targets(request, credential)),
      request.client.options.timeout + outcomeDelay,
    );
  }

  async #spend(request: TokenRequest, demand: Demand): Promise<void> {
    const retryAfter = await this.upstream.budget.take(request, demand);
    if (retryAfter === undefined) return;
    throw new UpstreamFailure(
      'budget_used_up',
      `client ${request.client.name} may not send more token requests now: the budget of ${request.client.options.maxTokenRequestsPerMinute} per minute, the half of it that one consumer may use, or a quota of maxTokenRequests is used up; retry later with the same scopes, or have maxTokenRequestsPerMinute raised`,
      { retryAfter },
    );
  }

  async #succeeded(request: TokenRequest, credential: string, position: number): Promise<void> {
    await this.upstream.cooldowns.succeeded(Object.values(targets(request, credential)));
    this.events.emit({ type: 'cooldown_ended', request, credential: position });
  }

  async #failed(
    request: TokenRequest,
    credential: string,
    position: number,
    error: unknown,
  ): Promise<UpstreamFailure> {
    const failure = asUpstreamFailure(error);
    if (failure.cooldownScope === undefined) return failure;
    const { cooldowns } = this.upstream;
    const { request: key, client, credential: used } = targets(request, credential);
    const [failed, cleared] = {
      request: [key, [client, used]] as const,
      credential: [used, [client]] as const,
      client: [client, []] as const,
    }[failure.cooldownScope];
    const duration = await cooldowns.failed(
      failed,
      failure,
      (failures) => backoff(failure, failures, this.chance),
      { key: request.key, isOwnFault: this.#isOwnFault(request, failure) },
    );
    await cooldowns.succeeded(cleared);
    this.events.emit({
      type: 'cooldown_started',
      request,
      scope: failure.cooldownScope,
      credential: position,
      failure,
      duration,
    });
    return failure.withRetryAfter(duration);
  }

  /** A refused assertion of a replica whose clock is off does not stop those whose clock is right. */
  #isOwnFault({ client }: TokenRequest, { cooldownScope }: UpstreamFailure): boolean {
    const isAssertion = client.options.clientAuthentication === 'private_key_jwt';
    return cooldownScope === 'credential' && isAssertion && this.isClockDisputed();
  }
}

function targets(request: TokenRequest, credential: string): Record<CooldownTarget['scope'], CooldownTarget> {
  const { identity: client } = request.client;
  return {
    request: targetOf(request),
    client: { scope: 'client', client },
    credential: { scope: 'credential', client, name: credential },
  };
}

function targetOf({ client, key }: TokenRequest): CooldownTarget {
  return { scope: 'request', client: client.identity, name: key };
}

function proofUnknown({ client }: TokenRequest): UpstreamFailure {
  return new UpstreamFailure(
    'credential_unavailable',
    `the credential of client ${client.name} was changed and is not accepted yet. This replica started after the change and has no previous credential, so it serves cached tokens only; correct the credential in the settings`,
    { retryAfter: othersRenewIn, fromCooldown: true },
  );
}

function asUpstreamFailure(error: unknown): UpstreamFailure {
  if (error instanceof UpstreamFailure) return error;
  return new UpstreamFailure('unavailable', 'the token request failed unexpectedly', { cause: error });
}
