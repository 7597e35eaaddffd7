import { LRUCache } from 'lru-cache';
import { LocalQuotas } from '#tokens/memory/memory-quotas.js';
import type { Client } from '#tokens/model/client.js';
import { lruOfEntries } from '#tokens/model/limits.js';
import { QuotaLedger, type QuotaUsage } from '#tokens/model/quota.js';
import { LuaScript } from '../connection/lua-script.js';
import { RedisUnavailable } from '../connection/redis-failure.js';
import type { RedisParts } from '../connection/redis-parts.js';

const replace = new LuaScript(new URL('./replace.lua', import.meta.url));

/** Milliseconds: longer than the longest window. */
const life = 33 * 24 * 3_600_000;

/** How often what other replicas have changed meanwhile is looked at again. */
const attempts = 50;

/**
 * Milliseconds after Redis was last away in which each replica keeps to its share: by then all of them have added what
 * they have counted alone.
 */
const settling = 10_000;

/** Milliseconds after which it is worth asking again: by then Redis may be back. */
const longestWait = 60_000;

/** How many replicas there may be where that was never known. */
const unknownReplicas = 4;

interface Known {
  /** Of the record in Redis. */
  sha1: string;
  /** What the record says, as this replica has last seen it. */
  seen: QuotaLedger;
  /** What this replica has counted while Redis was down, and no other knows of. */
  unshared: QuotaLedger;
  /** What was known when Redis went down, and what this replica has counted since; until that has settled. */
  alone: { before: QuotaLedger; counted: QuotaLedger } | undefined;
  /** Changes of this replica: those that come while one is under way go together. */
  waiting: Change[];
  isBusy: boolean;
}

interface Change {
  apply(ledger: QuotaLedger): QuotaLedger;
  done(): void;
  failed(cause: unknown): void;
}

/**
 * The quotas of all replicas: a record that is replaced unless another replica was faster, and sealed, as counts of a
 * month that no replica has written would stop a client for a month. While Redis is down each
 * replica takes its share of what was left when it was last seen. Instants are of the clock of Redis.
 */
export class RedisQuotas extends LocalQuotas {
  /** By the account of a client. */
  readonly #known = new LRUCache<string, Known>(lruOfEntries(1_000));
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
      await this.#change(client, (ledger) => ({ ledger: ledger.counted(quotas, redisClock.now(), isNew) }));
      return undefined;
    }
    this.#of(client).alone = undefined;
    const taken = await this.#change(client, (ledger) => {
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
    const { at } = await this.#change(client, (ledger) => ledger.place(quotas, from, to));
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
        if (client.options.quotas === undefined) continue;
        if (this.#of(client).unshared === QuotaLedger.empty) await this.#look(client);
        else await this.#change(client, (ledger) => ({ ledger }));
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

  /** @param change returns what is to be kept, or nothing when nothing changes */
  #change<T extends { ledger?: QuotaLedger }>(
    client: Client,
    change: (ledger: QuotaLedger) => T,
  ): Promise<T> {
    const known = this.#of(client);
    return new Promise((resolve, reject) => {
      let result: T;
      const apply = (ledger: QuotaLedger) => (result = change(ledger)).ledger ?? ledger;
      known.waiting.push({ apply, done: () => resolve(result), failed: reject });
      if (!known.isBusy) void this.#drain(client, known);
    });
  }

  async #drain(client: Client, known: Known): Promise<void> {
    known.isBusy = true;
    while (known.waiting.length > 0) {
      const changes = known.waiting.splice(0);
      try {
        await this.#replace(client, known, changes);
        for (const { done } of changes) done();
      } catch (cause) {
        for (const { failed } of changes) failed(cause);
      }
    }
    known.isBusy = false;
  }

  async #replace({ account }: Client, known: Known, changes: readonly Change[]): Promise<void> {
    const { redis, keys, redisClock, health, ring } = this.parts;
    for (let attempt = 1; attempt <= attempts; attempt++) {
      const { seen, unshared } = known;
      const next = changes.reduce((ledger, { apply }) => apply(ledger), seen.plus(unshared));
      if (next === seen) return;
      const key = keys.quota(account);
      const args = [known.sha1, ring.seal(String(next), key).toString('base64'), life];
      const reply = await health.attempt(() => replace.run(redis, [key], args));
      const [sha1, text] = reply as [string, string?];
      known.sha1 = sha1;
      if (text !== undefined) {
        note(known, this.#opened(text, key), redisClock.now());
        continue;
      }
      known.seen = next;
      // What was counted alone meanwhile counts twice then: a quota may be left a little, and is never exceeded.
      if (known.unshared === unshared) known.unshared = QuotaLedger.empty;
      return;
    }
    throw new RedisUnavailable('the record of a quota is changed by too many replicas at once');
  }

  async #look(client: Client): Promise<void> {
    const { redis, keys, redisClock, health } = this.parts;
    const key = keys.quota(client.account);
    const text = await health.attempt(() => redis.getrange(key, 0, 8_191));
    note(this.#of(client), this.#opened(text, key), redisClock.now());
  }

  /** Nothing for what no replica has sealed for this client. */
  #opened(text: string, key: string): string {
    const opened = this.parts.ring.open(Buffer.from(text, 'base64'), key)?.toString();
    if (opened === undefined && text !== '') this.parts.onRepair();
    return opened ?? '';
  }

  #of({ account }: Client): Known {
    const known = this.#known.get(account);
    if (known !== undefined) return known;
    const fresh: Known = {
      sha1: '',
      seen: QuotaLedger.empty,
      unshared: QuotaLedger.empty,
      alone: undefined,
      waiting: [],
      isBusy: false,
    };
    this.#known.set(account, fresh);
    return fresh;
  }
}

/** A Redis that has lost the record, or that failed over to one with an older one, is reminded of what was seen before. */
function note(known: Known, text: string, now: number): void {
  known.seen = QuotaLedger.parse(text, now).merged(known.seen, now);
}
