import type { Attributes, Tracer } from '@opentelemetry/api';
import type { Demand, Trigger } from '#tokens/model/demand.js';
import type { Token } from '#tokens/model/token.js';
import type { TokenRequest } from '#tokens/model/token-request.js';
import { AuthorizationServer, type TokenResponse } from '#tokens/ports/authorization-server.js';
import { type Acquisition, type Lease, RenewalLock } from '#tokens/ports/renewal-lock.js';
import {
  NearCache,
  type NearCopy,
  type ServedToken,
  type Tier,
  TokenStore,
} from '#tokens/ports/token-store.js';
import type { TokenSource } from '#tokens/token-broker.js';
import { inSpan } from './tracer.js';

/*
 * Decorators with a span for each call. They return what the traced part returns: a tracer changes nothing in the path
 * of a request.
 */

/** Names the token in a trace. Never a token, and no name that is not in the settings. */
export function requestAttributes({ client, scopes }: TokenRequest): Attributes {
  return { 'token_broker.client': client.name, 'token_broker.scopes': String(scopes) };
}

/** The source of tokens, with a span that holds all that was done for one: for consumers and the schedule alike. */
export class TracedTokenSource implements TokenSource {
  constructor(
    private readonly source: TokenSource,
    private readonly tracer: Tracer,
  ) {}

  /** A hit gets its span afterwards: a miss has the one of `tokenFor`. */
  cached(request: TokenRequest, demand: Demand, now: number): ServedToken | undefined {
    const startTime = performance.now();
    const found = this.source.cached(request, demand, now);
    if (found === undefined) return undefined;
    const attributes = {
      ...demandAttributes(request, demand.trigger),
      'token_broker.source': found.source,
    };
    this.tracer.startSpan('token_for', { startTime, attributes }).end();
    return found;
  }

  tokenFor(request: TokenRequest, demand: Demand): Promise<ServedToken> {
    return this.#inSpan(request, demand.trigger, () => this.source.tokenFor(request, demand));
  }

  renew(request: TokenRequest, trigger: Trigger): Promise<ServedToken> {
    return this.#inSpan(request, trigger, () => this.source.renew(request, trigger));
  }

  #inSpan(request: TokenRequest, trigger: Trigger, get: () => Promise<ServedToken>): Promise<ServedToken> {
    return inSpan(this.tracer, 'token_for', demandAttributes(request, trigger), async (set) => {
      const found = await get();
      set({ 'token_broker.source': found.source });
      return found;
    });
  }
}

/** The shared store, with a span for each read and each write. */
export class TracedTokenStore extends TokenStore {
  readonly tier: Tier;

  constructor(
    private readonly store: TokenStore,
    private readonly tracer: Tracer,
  ) {
    super();
    this.tier = store.tier;
  }

  override get(request: TokenRequest, known?: Token): Promise<Token | undefined> {
    return inSpan(this.tracer, `cache.${this.tier}.get`, requestAttributes(request), async (set) => {
      const token = await this.store.get(request, known);
      set({ 'token_broker.found': token !== undefined });
      return token;
    });
  }

  override put(request: TokenRequest, token: Token, lease?: Lease): Promise<void> {
    return inSpan(this.tracer, `cache.${this.tier}.put`, requestAttributes(request), () =>
      this.store.put(request, token, lease),
    );
  }
}

/** The copies in memory, with a span for each look and each write. */
export class TracedNearCache extends NearCache {
  constructor(
    private readonly near: NearCache,
    private readonly tracer: Tracer,
  ) {
    super();
  }

  override copy(request: TokenRequest, now?: number): NearCopy | undefined {
    const span = this.tracer.startSpan('cache.memory.get', { attributes: requestAttributes(request) });
    const copy = this.near.copy(request, now);
    span.setAttribute('token_broker.found', copy?.isStale === false).end();
    return copy;
  }

  override put(request: TokenRequest, token: Token): void {
    const span = this.tracer.startSpan('cache.memory.put', { attributes: requestAttributes(request) });
    this.near.put(request, token);
    span.end();
  }
}

/** The lock, with a span for acquiring it, and one for the wait for another holder's outcome. */
export class TracedRenewalLock extends RenewalLock {
  constructor(
    private readonly lock: RenewalLock,
    private readonly tracer: Tracer,
  ) {
    super();
  }

  override acquire(request: TokenRequest): Promise<Acquisition> {
    const attributes = requestAttributes(request);
    return inSpan(this.tracer, 'lock.acquire', attributes, async (set) => {
      const acquisition = await this.lock.acquire(request);
      set({ 'token_broker.outcome': acquisition.outcome });
      if (acquisition.outcome !== 'held') return acquisition;
      return {
        outcome: 'held',
        result: inSpan(this.tracer, 'lock.wait', attributes, () => acquisition.result),
      };
    });
  }
}

/** The authorization server, with a span for each token request. The trace's context is not sent: it is a partner's. */
export class TracedAuthorizationServer extends AuthorizationServer {
  constructor(
    private readonly server: AuthorizationServer,
    private readonly tracer: Tracer,
  ) {
    super();
  }

  override requestToken(
    request: TokenRequest,
    credential: string,
    signal?: AbortSignal,
  ): Promise<TokenResponse> {
    return inSpan(this.tracer, 'token_request', requestAttributes(request), () =>
      this.server.requestToken(request, credential, signal),
    );
  }
}

function demandAttributes(request: TokenRequest, trigger: Trigger): Attributes {
  return { ...requestAttributes(request), 'token_broker.trigger': trigger };
}
