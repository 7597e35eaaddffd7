import type { Trigger } from '#tokens/model/demand.js';
import {
  type IdleAfter,
  type PlannedPage,
  RenewalSchedule,
  type DueRenewal,
} from '#tokens/ports/renewal-schedule.js';
import type { TokenRequest } from '#tokens/model/token-request.js';
import type { RedisParts } from '../connection/redis-parts.js';
import type { RequestRecord } from './request-record.js';
import { RequestsInUse } from './requests-in-use.js';
import { ScheduleBatch } from './schedule-batch.js';
import { ScheduleTable, type DueEntry } from './schedule-table.js';

/** Milliseconds after which a renewal that has been taken and not planned again is due again, at any replica. */
const lease = 15_000;

/** How often what is due is looked up at once while most of it was planned by no replica. */
const maxLooks = 40;

/**
 * The schedule of all replicas. What is planned and noted is written in batches, by `takeDue`: a plan that is lost with a
 * replica before that is due again when the lease ends. The records of requests that this replica knows are not read
 * again. All methods throw RedisUnavailable or RedisMisuse.
 */
export class RedisRenewalSchedule extends RenewalSchedule {
  readonly #table: ScheduleTable;
  readonly #inUse: RequestsInUse;
  /** Request key -> the instant until which the first renewal of a preloaded request is due. */
  #preloads: Map<string, number> | undefined;
  #batch = new ScheduleBatch();

  /** `requestOf` makes a request under the current settings, or undefined when they do not make it. */
  constructor(
    private readonly parts: RedisParts,
    private readonly requestOf: (record: RequestRecord) => TokenRequest | undefined,
    idleAfter?: IdleAfter,
  ) {
    super();
    this.#table = new ScheduleTable(parts);
    this.#inUse = new RequestsInUse(parts.clock, idleAfter);
  }

  override async plan(request: TokenRequest, at: number, trigger: Trigger = 'schedule'): Promise<void> {
    if (trigger === 'preload') this.#preloads?.set(request.key, at);
    this.#batch.plan({ request, at });
  }

  override noteDemand(request: TokenRequest, renewAt: number, now = this.parts.clock.now()): void {
    if (this.#inUse.touch(request, now)) return;
    this.#batch.planIfAbsent({ request, at: renewAt, askedAt: now });
  }

  override async keep(requests: readonly TokenRequest[]): Promise<void> {
    this.#inUse.keep(requests);
    const at = this.parts.clock.now();
    const before = this.#preloads;
    this.#preloads = new Map(requests.map(({ key }) => [key, at]));
    for (const request of requests) {
      // At the start the plan of another replica stands. Later it may be for a token that a change of the credential has
      // dropped since.
      if (before === undefined) this.#batch.planIfAbsent({ request, at, askedAt: undefined });
      else if (!before.has(request.key)) this.#batch.plan({ request, at });
    }
    await this.flush();
  }

  override async takeDue(limit: number, ahead: number): Promise<DueRenewal[]> {
    await this.flush();
    if (limit === 0) return [];
    const due: DueRenewal[] = [];
    for (let look = 0; look < maxLooks && due.length < limit; look++) {
      const room = limit - due.length;
      const { taken, lookedAt } = await this.parts.health.attempt(() => this.#take(room, ahead));
      due.push(...taken);
      if (lookedAt < room) break;
    }
    return due;
  }

  async #take(limit: number, ahead: number): Promise<{ taken: DueRenewal[]; lookedAt: number }> {
    const { entries, removed } = await this.#table.take(limit, ahead, lease);
    await this.#lookUp(entries.filter(({ key }) => !this.#inUse.has(key)));
    const idle = entries.filter(({ key }) => !this.#inUse.has(key)).map(({ key }) => key);
    if (idle.length > 0) await this.#drop(idle);
    const taken = entries.flatMap(({ key, at }) => {
      const request = this.#inUse.get(key);
      return request ? { request, dueAt: at, trigger: this.#triggerOf(key, at) } : [];
    });
    return { taken, lookedAt: entries.length + removed };
  }

  override async forget({ key }: TokenRequest): Promise<void> {
    this.#batch.forget(key);
    await this.parts.health.attempt(() => this.#drop([key]));
  }

  plannedAt(requests: readonly TokenRequest[]): Promise<(number | undefined)[]> {
    if (requests.length === 0) return Promise.resolve([]);
    const keys = requests.map(({ key }) => key);
    return this.parts.health.attempt(() => this.#table.plannedAt(keys));
  }

  list(limit: number, after?: string): Promise<PlannedPage> {
    return this.parts.health.attempt(async () => {
      const { entries, next } = await this.#table.page(limit, after);
      const unknown = entries.flatMap(({ key }) => (this.#inUse.get(key) ? [] : [key]));
      const records = await this.#table.records(unknown);
      const planned = entries.flatMap(({ key, at }) => {
        const record = records.get(key);
        const request = this.#inUse.get(key) ?? (record && this.requestOf(record));
        return request?.key === key ? [{ request, at }] : [];
      });
      return { planned, next };
    });
  }

  /** Writes what was planned and noted; what fails is written with the next batch. To be called before the process ends. */
  async flush(): Promise<void> {
    const batch = this.#batch;
    if (batch.isEmpty) return;
    this.#batch = new ScheduleBatch();
    try {
      await this.parts.health.attempt(() => this.#write(batch));
    } catch (error) {
      this.#batch.putBack(batch);
      throw error;
    }
  }

  /** Every replica preloads the same requests, and the first one's plan stands: what is due later has been renewed. */
  #triggerOf(key: string, dueAt: number): Trigger {
    const firstDue = this.#preloads?.get(key);
    return firstDue !== undefined && dueAt <= firstDue ? 'preload' : 'schedule';
  }

  async #write(batch: ScheduleBatch): Promise<void> {
    const { requests } = batch;
    const fresh = new Map([...requests].filter(([key]) => this.#inUse.get(key) === undefined));
    const added = await this.#table.write(batch, fresh);
    if (added > fresh.size) await this.#table.restore(requests);
    for (const [key, request] of requests) this.#inUse.note(request, batch.tentative.get(key)?.askedAt);
  }

  async #lookUp(entries: readonly DueEntry[]): Promise<void> {
    if (entries.length === 0) return;
    const noted = await this.#table.look(entries.map(({ key }) => key));
    for (const [n, { record, lastDemand = -Infinity }] of noted.entries()) {
      const { key } = entries[n]!;
      const request = this.#inUse.get(key) ?? (record && this.requestOf(record));
      if (request?.key === key) this.#inUse.note(request, lastDemand);
    }
  }

  async #drop(keys: readonly string[]): Promise<void> {
    for (const key of keys) this.#inUse.forget(key);
    await this.#table.drop(keys);
  }
}
