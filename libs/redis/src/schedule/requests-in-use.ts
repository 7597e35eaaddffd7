import { LRUCache } from 'lru-cache';
import type { Clock } from '#tokens/model/clock.js';
import { lruOfEntries } from '#tokens/model/limits.js';
import { type IdleAfter, idleByPolicy } from '#tokens/ports/renewal-schedule.js';
import type { TokenRequest } from '#tokens/model/token-request.js';

interface Known {
  request: TokenRequest;
  lastDemand: number;
  /** The last demand that was written to Redis or read from it. */
  flushedDemand: number;
}

/** Demand is written again after this part of `idleAfter`, and after 10 s at the latest: so what is in use costs little. */
const flushInterval = ({ client }: TokenRequest): number =>
  Math.min(client.options.renewal.idleAfter / 60, 10_000);

/** The requests that this replica has planned or taken, and when each was last asked for, as far as it knows. */
export class RequestsInUse {
  readonly #known = new LRUCache<string, Known>(lruOfEntries(10_000));
  #kept: ReadonlySet<string> = new Set();

  constructor(
    private readonly clock: Clock,
    private readonly idleAfter: IdleAfter = idleByPolicy,
  ) {}

  /** These are never idle, and no others. */
  keep(requests: readonly TokenRequest[]): void {
    this.#kept = new Set(requests.map(({ key }) => key));
  }

  get(key: string): TokenRequest | undefined {
    return this.#known.get(key)?.request;
  }

  /** What Redis knows now. The first word of a request counts as demand for it. */
  note(request: TokenRequest, askedAt?: number): void {
    const known = this.#known.get(request.key);
    const toldDemand = askedAt ?? known?.flushedDemand ?? this.clock.now();
    const lastDemand = Math.max(known?.lastDemand ?? -Infinity, toldDemand);
    this.#known.set(request.key, { request, lastDemand, flushedDemand: toldDemand });
  }

  /** Notes demand. Returns whether Redis has one that is as recent. */
  touch({ key }: TokenRequest, now: number): boolean {
    const known = this.#known.get(key);
    if (known === undefined) return false;
    known.lastDemand = now;
    return known.lastDemand - known.flushedDemand < flushInterval(known.request);
  }

  forget(key: string): void {
    this.#known.delete(key);
  }

  has(key: string): boolean {
    const known = this.#known.get(key);
    if (known === undefined) return false;
    return this.#kept.has(key) || this.clock.now() - known.lastDemand <= this.idleAfter(known.request);
  }
}
