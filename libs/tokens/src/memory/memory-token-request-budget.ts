import type { Client } from '../model/client.js';
import type { Clock } from '../model/clock.js';
import type { Demand } from '../model/demand.js';
import { QuotaLedger, type QuotaUsage } from '../model/quota.js';
import { TokenRequestBudget } from '../ports/token-request-budget.js';
import type { TokenRequest } from '../model/token-request.js';

const minute = 60_000;

/** Counts what happened in the last minute, by instants of the monotonic clock. */
export class SlidingWindowCounter {
  readonly #instants: number[] = [];
  #oldest = 0;

  add(now: number): void {
    this.#instants.push(now);
  }

  count(now: number): number {
    while (this.#instants[this.#oldest]! <= now - minute) this.#oldest++;
    // Only once in a while, as it moves all that is left.
    if (this.#oldest > this.#instants.length / 2) {
      this.#instants.splice(0, this.#oldest);
      this.#oldest = 0;
    }
    return this.#instants.length - this.#oldest;
  }

  /** Milliseconds until fewer than `limit` are left. */
  waitFor(limit: number, now: number): number {
    if (this.count(now) < limit) return 0;
    return this.#instants.at(-limit)! + minute - now;
  }
}

interface Spent {
  all: SlidingWindowCounter;
  /** By consumer; renewals have none. */
  byConsumer: Map<string, SlidingWindowCounter>;
}

/** The budget of a single replica: the token requests of each client's last minute. */
export class MemoryTokenRequestBudget extends TokenRequestBudget {
  readonly #spent = new Map<string, Spent>();
  /** By client name. */
  readonly #ledgers = new Map<string, QuotaLedger>();

  constructor(private readonly clock: Clock) {
    super();
  }

  override async take(request: TokenRequest, { trigger, consumer }: Demand): Promise<number | undefined> {
    const now = this.clock.now();
    const { name, options } = request.client;
    const { all, byConsumer } = entry(this.#spent, name, () => ({
      all: new SlidingWindowCounter(),
      byConsumer: new Map(),
    }));
    const own =
      consumer === undefined ? undefined : entry(byConsumer, consumer, () => new SlidingWindowCounter());

    const limit = options.maxTokenRequestsPerMinute;
    const setAside = trigger === 'demand' ? Math.floor(limit / 4) : 0;
    const half = Math.max(1, Math.floor(limit / 2));
    const wait = Math.max(all.waitFor(limit - setAside, now), own?.waitFor(half, now) ?? 0);
    if (wait > 0) return wait;
    const quota = this.#ledger(name).take(options.quotas ?? {}, now, trigger === 'demand');
    if ('wait' in quota) return quota.wait;
    this.#ledgers.set(name, quota.ledger);
    all.add(now);
    own?.add(now);
    return undefined;
  }

  override async placeRenewal({ name, options }: Client, earliest: number, latest: number): Promise<number> {
    const { ledger, at } = this.#ledger(name).place(options.quotas ?? {}, earliest, latest);
    this.#ledgers.set(name, ledger);
    return at;
  }

  override quotas({ name, options }: Client): QuotaUsage[] {
    return this.#ledger(name).usage(options.quotas ?? {}, this.clock.now());
  }

  #ledger(name: string): QuotaLedger {
    return this.#ledgers.get(name) ?? QuotaLedger.empty;
  }

  override used({ name }: Client): number {
    return this.#spent.get(name)?.all.count(this.clock.now()) ?? 0;
  }
}

function entry<T>(map: Map<string, T>, key: string, make: () => T): T {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
