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

/** The quotas of clients as one replica counts them. Instants are of the monotonic clock. */
export abstract class LocalQuotas {
  /** Undefined: granted, and counted. Otherwise the milliseconds until it is worth asking again. */
  abstract take(client: Client, isNew: boolean): number | undefined;
  abstract place(client: Client, earliest: number, latest: number): number;
  abstract usage(client: Client): QuotaUsage[];
}

/** Of a replica that shares with no other. */
export class MemoryQuotas extends LocalQuotas {
  /** By the account of the client. */
  readonly #ledgers = new Map<string, QuotaLedger>();

  constructor(private readonly clock: Clock) {
    super();
  }

  override take(client: Client, isNew: boolean): number | undefined {
    const taken = this.#ledger(client).take(client.options.quotas ?? {}, this.clock.now(), isNew);
    if ('wait' in taken) return taken.wait;
    this.#ledgers.set(client.account, taken.ledger);
    return undefined;
  }

  override place(client: Client, earliest: number, latest: number): number {
    const { ledger, at } = this.#ledger(client).place(client.options.quotas ?? {}, earliest, latest);
    this.#ledgers.set(client.account, ledger);
    return at;
  }

  override usage(client: Client): QuotaUsage[] {
    return this.#ledger(client).usage(client.options.quotas ?? {}, this.clock.now());
  }

  #ledger({ account }: Client): QuotaLedger {
    return this.#ledgers.get(account) ?? QuotaLedger.empty;
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

  constructor(
    private readonly clock: Clock,
    private readonly ownQuotas: LocalQuotas = new MemoryQuotas(clock),
  ) {
    super();
  }

  override async take(request: TokenRequest, { trigger, consumer }: Demand): Promise<number | undefined> {
    const now = this.clock.now();
    const { client } = request;
    const { all, own } = this.#counters(client, consumer);
    const limit = client.options.maxTokenRequestsPerMinute;
    const setAside = trigger === 'demand' ? Math.floor(limit / 4) : 0;
    const half = Math.max(1, Math.floor(limit / 2));
    const wait = Math.max(all.waitFor(limit - setAside, now), own?.waitFor(half, now) ?? 0);
    if (wait > 0) return wait;
    const quotaWait = this.ownQuotas.take(client, trigger === 'demand');
    if (quotaWait !== undefined) return quotaWait;
    this.note(client, consumer);
    return undefined;
  }

  /** Counts for the last minute what was granted elsewhere. */
  note(client: Client, consumer: string | undefined): void {
    const { all, own } = this.#counters(client, consumer);
    all.add(this.clock.now());
    own?.add(this.clock.now());
  }

  override async placeRenewal(client: Client, earliest: number, latest: number): Promise<number> {
    return this.ownQuotas.place(client, earliest, latest);
  }

  override quotas(client: Client): QuotaUsage[] {
    return this.ownQuotas.usage(client);
  }

  #counters({ name }: Client, consumer: string | undefined) {
    const { all, byConsumer } = entry(this.#spent, name, () => ({
      all: new SlidingWindowCounter(),
      byConsumer: new Map<string, SlidingWindowCounter>(),
    }));
    const own =
      consumer === undefined ? undefined : entry(byConsumer, consumer, () => new SlidingWindowCounter());
    return { all, own };
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
