import { ClientDirectory } from '#tokens/client-directory.js';
import type { MemoryTokenStore } from '#tokens/memory/memory-token-store.js';
import type { Client } from '#tokens/model/client.js';
import type { Clock } from '#tokens/model/clock.js';
import { anyValid } from '#tokens/model/demand.js';
import { UpstreamFailure } from '#tokens/model/failures.js';
import type { TokenRequest } from '#tokens/model/token-request.js';
import type { PlannedPage, PlannedRenewals } from '#tokens/ports/renewal-schedule.js';
import type { TokenSource } from '#tokens/token-broker.js';
import type { TokenCache } from '#tokens/token-cache.js';

export interface CredentialTrial {
  /** With the changed credential. */
  readonly client: Client;
  isAccepted: boolean;
  /** Instant of the monotonic clock. */
  since: number;
  /** Of the last attempt. */
  failure: UpstreamFailure | undefined;
}

interface Trial extends CredentialTrial {
  /** Instant of the monotonic clock. */
  retryAt: number;
  /** How many requests were refused for what they ask for, which says nothing of the credential. */
  refusedRequests: number;
  isRunning: boolean;
}

export interface TrialParts {
  broker: TokenSource;
  cache: TokenCache;
  memory: MemoryTokenStore;
  schedule: PlannedRenewals;
}

/** Milliseconds, when a failure does not say. */
const retryAfter = 1_000;

/** How many planned renewals are looked at in search of a token. */
const pageSize = 1_000;
const maxPages = 100;

/**
 * A changed credential is tried before it replaces the former one, by the renewal of a token in use. Until it has
 * obtained one, the former one stays in force: a wrong secret is no outage while there are valid tokens. A token under
 * the new identity proves acceptance, whichever replica has requested it.
 */
export class CredentialTrials {
  #trials: ReadonlyMap<string, Trial> = new Map();

  constructor(
    private readonly parts: TrialParts,
    private readonly clock: Clock,
  ) {}

  /** Of the active settings. */
  get all(): readonly CredentialTrial[] {
    return [...this.#trials.values()];
  }

  get haveAccepted(): boolean {
    return this.all.some(({ isAccepted }) => isAccepted);
  }

  /** Whether the client as changed has to be tried first: only its credential is another, and there are valid tokens. */
  async isNeeded(former: Client, changed: Client): Promise<boolean> {
    if (former.identity === changed.identity || former.registration !== changed.registration) return false;
    if (this.#trials.get(changed.identity)?.isAccepted) return false;
    // Not to know of a token is no reason to refuse changed settings.
    return (await this.#withTokens(changed, former.identity).catch(() => [])).length > 0;
  }

  /** Starts the trial of these clients, and ends that of all others. */
  replace(candidates: readonly Client[]): void {
    const before = this.#trials;
    const fresh = {
      isAccepted: false,
      since: this.clock.now(),
      failure: undefined,
      retryAt: -Infinity,
      refusedRequests: 0,
      isRunning: false,
    };
    this.#trials = new Map(
      candidates.map((client) => [client.identity, { ...fresh, ...before.get(client.identity), client }]),
    );
    this.check();
  }

  /** To be called about each second. Waits for nothing. */
  check(): void {
    for (const trial of this.#trials.values()) {
      if (trial.isRunning || trial.isAccepted) continue;
      trial.isRunning = true;
      void this.#attempt(trial).finally(() => (trial.isRunning = false));
    }
  }

  async #attempt(trial: Trial): Promise<void> {
    const { broker, cache } = this.parts;
    try {
      const requests = await this.#withTokens(trial.client);
      const request = requests[trial.refusedRequests % requests.length];
      // Without a valid token of the former credential there is nothing to keep it for.
      if (request !== undefined && (await cache.find(request, anyValid())) === undefined) {
        if (this.clock.now() < trial.retryAt) return;
        await broker.renew(request, 'schedule');
      }
      trial.isAccepted = true;
    } catch (error) {
      trial.failure = error instanceof UpstreamFailure ? error : undefined;
      if (trial.failure?.cooldownScope === 'request') trial.refusedRequests++;
      trial.retryAt = this.clock.now() + (trial.failure?.retryAfter ?? retryAfter);
    }
  }

  /**
   * The requests of the changed client for which there is a valid token of another identity of it: all that this replica
   * has in memory, otherwise one of the shared store. In the order of their keys, so that replicas try the same one.
   */
  async #withTokens(changed: Client, former?: string): Promise<TokenRequest[]> {
    const { memory } = this.parts;
    const clients = new ClientDirectory();
    clients.replace([changed]);
    const successorOf = (request: TokenRequest) =>
      former === undefined || request.client.identity === former ? clients.successor(request) : undefined;
    const near = memory.snapshot().flatMap(({ request }) => successorOf(request) ?? []);
    if (near.length > 0) return near.toSorted((a, b) => (a.key < b.key ? -1 : 1));
    for await (const request of this.#planned()) {
      const successor = successorOf(request);
      if (successor && (await this.parts.cache.find(request, anyValid())) !== undefined) return [successor];
    }
    return [];
  }

  async *#planned(): AsyncGenerator<TokenRequest> {
    let next: string | undefined = '';
    for (let page = 0; page < maxPages && next !== undefined; page++) {
      const found: PlannedPage = await this.parts.schedule.list(pageSize, next);
      yield* found.planned.map(({ request }) => request);
      next = found.next;
    }
  }
}
