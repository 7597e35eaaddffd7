import type { Subject } from './misbehaviour.js';

/** Token requests since the start or the last reset. */
export interface TokenRequestCounts {
  total: number;
  /** By the client that they said they were from; '' when they said none. */
  byClient: Record<string, number>;
  /** By the scope set, sorted: all assigned scopes for a request without `scope`. */
  byScopeSet: Record<string, number>;
  /** `issued`, `repeated`, an error code, `scripted_<status>`, `hang`, `close`, `reset_mid_body`; `aborted` by the client before it was decided. */
  byOutcome: Record<string, number>;
  inFlight: number;
  maxInFlight: number;
  /** The most at once for any one client and scope set. */
  maxInFlightAlike: number;
}

/** One token request under way. Only the first call of each method counts. */
export interface Flight {
  decided(outcome: string): void;
  ended(): void;
}

export class TokenRequestCounter {
  readonly #inFlight = new Map<string, number>();
  readonly #waiting = new Set<{ total: number; resolve: () => void }>();
  #totals = noTotals();

  get counts(): TokenRequestCounts {
    const { total, byClient, byScopeSet, byOutcome, maxInFlight, maxInFlightAlike } = this.#totals;
    return {
      total,
      byClient: Object.fromEntries(byClient),
      byScopeSet: Object.fromEntries(byScopeSet),
      byOutcome: Object.fromEntries(byOutcome),
      inFlight: this.#flying(),
      maxInFlight,
      maxInFlightAlike,
    };
  }

  arrived(subject: Subject): Flight {
    const key = JSON.stringify([subject.client, subject.scopeSet]);
    this.#totals.total++;
    add(this.#totals.byClient, subject.client);
    add(this.#totals.byScopeSet, subject.scopeSet);
    add(this.#inFlight, key);
    this.#noteMaxima();
    for (const waiter of this.#waiting) this.#serve(waiter);
    return this.#flight(key);
  }

  /** Resolves once so many token requests have come in since the start or the last reset. */
  reached(total: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiter = { total, resolve };
    this.#waiting.add(waiter);
    this.#serve(waiter);
    return promise;
  }

  /** Those in flight stay in flight. */
  reset(): void {
    this.#totals = noTotals();
    this.#noteMaxima();
  }

  #flight(key: string): Flight {
    let outcome: string | undefined;
    let over = false;
    const decided = (how: string): void => {
      if (outcome !== undefined) return;
      outcome = how;
      add(this.#totals.byOutcome, how);
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

  #serve(waiter: { total: number; resolve: () => void }): void {
    if (this.#totals.total < waiter.total) return;
    this.#waiting.delete(waiter);
    waiter.resolve();
  }

  #noteMaxima(): void {
    this.#totals.maxInFlight = Math.max(this.#totals.maxInFlight, this.#flying());
    this.#totals.maxInFlightAlike = Math.max(this.#totals.maxInFlightAlike, ...this.#inFlight.values());
  }

  #flying(): number {
    return [...this.#inFlight.values()].reduce((sum, each) => sum + each, 0);
  }
}

function noTotals() {
  return {
    total: 0,
    byClient: new Map<string, number>(),
    byScopeSet: new Map<string, number>(),
    byOutcome: new Map<string, number>(),
    maxInFlight: 0,
    maxInFlightAlike: 0,
  };
}

function add(counts: Map<string, number>, key: string, by = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}
