import { LRUCache } from 'lru-cache';
import { LocalQuotas } from '#tokens/memory/memory-token-request-budget.js';
import type { Client } from '#tokens/model/client.js';
import { lruOfEntries } from '#tokens/model/limits.js';
import { QuotaLedger, type QuotaUsage } from '#tokens/model/quota.js';
import type { RedisParts } from '../connection/redis-parts.js';
import { QuotaRecord } from './quota-record.js';

/**
 * Milliseconds after Redis was last away in which each replica keeps to its share: by then all of them have added what
 * they have counted alone.
 */
const settling = 10_000;

/** Milliseconds after which it is worth asking again: by then Redis may be back. */
const longestWait = 60_000;

/** How many replicas there may be where that was never known. */
const unknownReplicas = 4;

/**
 * The quotas of all replicas. While Redis is down each replica takes its share of what was left when it was last seen.
 * Instants are of the clock of Redis.
 */
export class RedisQuotas extends LocalQuotas {
  /** By the account of a client. */
  readonly #known = new LRUCache<string, QuotaRecord>(lruOfEntries(1_000));
  /** Instant of the monotonic clock until which no other replica is relied upon. */
  #aloneUntil = -Infinity;

  /** @param replicas how many there are, as last known */
  constructor(
    private readonly parts: RedisParts,
    private readonly replicas: () => number | undefined,
  ) {
    super();
  }

  /** @throws RedisUnavailable */
  async takeShared(client: Client, isNew: boolean): Promise<number | undefined> {
    const { quotas } = client.options;
    if (quotas === undefined) return undefined;
    const { clock, redisClock } = this.parts;
    if (clock.now() < this.#aloneUntil) {
      const wait = this.#takeShare(client, isNew);
      if (wait !== undefined) return wait;
      await this.#of(client).change((ledger) => ({
        ledger: ledger.counted(quotas, redisClock.now(), isNew),
      }));
      return undefined;
    }
    this.#of(client).alone = undefined;
    const taken = await this.#of(client).change((ledger) => {
      const result = ledger.take(quotas, redisClock.now(), isNew);
      return 'wait' in result ? { wait: result.wait } : { ledger: result.ledger };
    });
    return 'wait' in taken ? taken.wait : undefined;
  }

  /** @throws RedisUnavailable */
  async placeShared(client: Client, earliest: number, latest: number): Promise<number> {
    const { redisClock } = this.parts;
    const { quotas } = client.options;
    if (quotas === undefined) return earliest;
    const [from, to] = [redisClock.fromLocal(earliest), redisClock.fromLocal(latest)];
    const { at } = await this.#of(client).change((ledger) => ledger.place(quotas, from, to));
    return redisClock.toLocal(at);
  }

  /** Redis is down: takes of this replica's share. */
  override take(client: Client, isNew: boolean): number | undefined {
    this.#isAlone();
    const { quotas } = client.options;
    if (quotas === undefined) return undefined;
    const wait = this.#takeShare(client, isNew);
    if (wait !== undefined) return wait;
    const known = this.#of(client);
    known.unshared = known.unshared.counted(quotas, this.parts.redisClock.now(), isNew);
    return undefined;
  }

  /** Redis is down: renewals keep the distance that leaves room for those of the other replicas. */
  override place(client: Client, earliest: number, latest: number): number {
    const { redisClock } = this.parts;
    const { quotas } = client.options;
    if (quotas === undefined) return earliest;
    const known = this.#of(client);
    const [from, to] = [redisClock.fromLocal(earliest), redisClock.fromLocal(latest)];
    const { ledger, at } = known.unshared.place(quotas, from, to, this.#replicaCount());
    known.unshared = ledger;
    return redisClock.toLocal(at);
  }

  override usage(client: Client): QuotaUsage[] {
    const { redisClock } = this.parts;
    const { seen, unshared } = this.#of(client);
    const usage = seen.plus(unshared).usage(client.options.quotas ?? {}, redisClock.now());
    return usage.map((one) => ({ ...one, usedUpAt: one.usedUpAt && redisClock.toLocal(one.usedUpAt) }));
  }

  /** Looks what other replicas have counted, and adds what this one has counted alone. Never throws. */
  async refresh(clients: Iterable<Client>): Promise<void> {
    try {
      for (const client of clients) {
        if (client.options.quotas !== undefined) await this.#of(client).refresh();
      }
    } catch {
      this.#isAlone();
    }
  }

  #isAlone(): void {
    this.#aloneUntil = this.parts.clock.now() + settling;
  }

  /** As if each replica did what this one does, since none knows of the others. */
  #takeShare(client: Client, isNew: boolean): number | undefined {
    const known = this.#of(client);
    known.alone ??= { before: known.seen.plus(known.unshared), counted: QuotaLedger.empty };
    const { before, counted } = known.alone;
    const now = this.parts.redisClock.now();
    const replicas = this.#replicaCount();
    const quotas = client.options.quotas ?? {};
    const limits = Object.fromEntries(
      Object.entries(quotas).map(([window, limit]) => [window, limit && limit - (replicas - 1)]),
    );
    const taken = before.plus(counted, replicas).take(limits, now, isNew);
    if ('wait' in taken) return Math.min(taken.wait, longestWait);
    known.alone = { before, counted: counted.counted(quotas, now, isNew) };
    return undefined;
  }

  #replicaCount(): number {
    return Math.max(1, this.replicas() ?? unknownReplicas);
  }

  #of({ account }: Client): QuotaRecord {
    const known = this.#known.get(account) ?? new QuotaRecord(this.parts, this.parts.keys.quota(account));
    this.#known.set(account, known);
    return known;
  }
}
