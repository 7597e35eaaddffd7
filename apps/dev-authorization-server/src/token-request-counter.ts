import type { Subject } from './misbehaviour.js';

/** Token requests since the start or the last reset. */
export interface TokenRequestCounts {
  total: number;
  /** By the client that they claim to be from; '' for none. */
  byClient: Record<string, number>;
  /** By the scope set, sorted: all assigned scopes for a request without `scope`. */
  byScopeSet: Record<string, number>;
  /** `issued`, `repeated`, an error code, `scripted_<status>`, `hang`, `close`, `reset_mid_body`; `aborted` by the client before it was decided. */
  byOutcome: Record<string, number>;
  inFlight: number;
  maxInFlight: number;
  /** The most at once for any one client and scope set. */
  maxInFlightPerKey: number;
}

/** One token request in flight. Only the first call of each method counts. */
export interface Flight {
  decided(outcome: string): void;
  ended(): void;
}

export class TokenRequestCounter {
  readonly #inFlight = new Map<string, number>();
  readonly #waiting = new Set<{ total: number; resolve: () => void }>();
  #total = 0;
  readonly #byClient = new Map<string, number>();
  readonly #byScopeSet = new Map<string, number>();
  readonly #byOutcome = new Map<string, number>();
  #maxInFlight = 0;
  #maxInFlightPerKey = 0;

  get counts(): TokenRequestCounts {
    return {
      total: this.#total,
      byClient: Object.fromEntries(this.#byClient),
      byScopeSet: Object.fromEntries(this.#byScopeSet),
      byOutcome: Object.fromEntries(this.#byOutcome),
      inFlight: this.#flying(),
      maxInFlight: this.#maxInFlight,
      maxInFlightPerKey: this.#maxInFlightPerKey,
    };
  }

  arrived({ client, scopeSet }: Subject): Flight {
    const key = JSON.stringify([client, scopeSet]);
    this.#total++;
    add(this.#byClient, client);
    add(this.#byScopeSet, scopeSet);
    add(this.#inFlight, key);
    this.#updateMaxima();
    this.#resolveWaiting();
    let outcome: string | undefined;
    let over = false;
    const decided = (decision: string): void => {
      if (outcome === undefined) add(this.#byOutcome, (outcome = decision));
    };
    const ended = (): void => {
      if (over) return;
      over = true;
      decided('aborted');
      add(this.#inFlight, key, -1);
      if (this.#inFlight.get(key) === 0) this.#inFlight.delete(key);
    };
    return { decided, ended };
  }

  /** Resolves once so many token requests have arrived since the start or the last reset. */
  reached(total: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.add({ total, resolve });
    this.#resolveWaiting();
    return promise;
  }

  /** Those in flight stay in flight. */
  reset(): void {
    this.#total = this.#maxInFlight = this.#maxInFlightPerKey = 0;
    for (const counts of [this.#byClient, this.#byScopeSet, this.#byOutcome]) counts.clear();
    this.#updateMaxima();
  }

  #resolveWaiting(): void {
    for (const waiter of this.#waiting) {
      if (waiter.total > this.#total) continue;
      this.#waiting.delete(waiter);
      waiter.resolve();
    }
  }

  #updateMaxima(): void {
    this.#maxInFlight = Math.max(this.#maxInFlight, this.#flying());
    this.#maxInFlightPerKey = Math.max(this.#maxInFlightPerKey, ...this.#inFlight.values());
  }

  #flying(): number {
    return [...this.#inFlight.values()].reduce((sum, each) => sum + each, 0);
  }
}

function add(counts: Map<string, number>, key: string, by = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}
