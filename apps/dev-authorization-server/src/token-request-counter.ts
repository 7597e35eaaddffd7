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
  /** By client and scope set. */
  readonly #inFlight = new Map<string, number>();
  #waiting: readonly { total: number; resolve: () => void }[] = [];
  #counts = noCounts();

  get counts(): TokenRequestCounts {
    return structuredClone(this.#counts);
  }

  arrived({ client, scopeSet }: Subject): Flight {
    const key = JSON.stringify([client, scopeSet]);
    const [alike, inAll] = [this.#inFlight, this.#counts];
    alike.set(key, (alike.get(key) ?? 0) + 1);
    inAll.inFlight++;
    inAll.total++;
    add(inAll.byClient, client);
    add(inAll.byScopeSet, scopeSet);
    this.#updateMaxima();
    this.#resolveWaiting();
    const pending = { decision: true, end: true };
    const decided = (outcome: string): void => {
      if (pending.decision) add(this.#counts.byOutcome, outcome);
      pending.decision = false;
    };
    const ended = (): void => {
      if (!pending.end) return;
      pending.end = false;
      decided('aborted');
      const others = (alike.get(key) ?? 1) - 1;
      if (others > 0) alike.set(key, others);
      else alike.delete(key);
      this.#counts.inFlight--;
    };
    return { decided, ended };
  }

  /** Resolves once so many token requests have arrived since the start or the last reset. */
  reached(total: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting = [...this.#waiting, { total, resolve }];
    this.#resolveWaiting();
    return promise;
  }

  /** Those in flight stay in flight. */
  reset(): void {
    this.#counts = { ...noCounts(), inFlight: this.#counts.inFlight };
    this.#updateMaxima();
  }

  #resolveWaiting(): void {
    const { total } = this.#counts;
    for (const each of this.#waiting) if (each.total <= total) each.resolve();
    this.#waiting = this.#waiting.filter((each) => each.total > total);
  }

  #updateMaxima(): void {
    const counts = this.#counts;
    counts.maxInFlight = Math.max(counts.maxInFlight, counts.inFlight);
    counts.maxInFlightPerKey = Math.max(counts.maxInFlightPerKey, ...this.#inFlight.values());
  }
}

function noCounts(): TokenRequestCounts {
  const [byClient, byScopeSet, byOutcome] = [none(), none(), none()];
  return { total: 0, byClient, byScopeSet, byOutcome, inFlight: 0, maxInFlight: 0, maxInFlightPerKey: 0 };
}

/** Without a prototype, as names come from outside. */
function none(): Record<string, number> {
  return Object.create(null) as Record<string, number>;
}

function add(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}
