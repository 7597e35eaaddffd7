import type { Trigger } from '#tokens/model/demand.js';
import type { PlannedPage } from '#tokens/ports/planned-renewals.js';
import { RenewalSchedule, type DueRenewal } from '#tokens/ports/renewal-schedule.js';
import type { TokenRequest } from '#tokens/model/token-request.js';
import type { RedisParts } from '../connection/redis-parts.js';
import type { RequestRecord } from './request-record.js';
import { RequestsInUse } from './requests-in-use.js';
import { ScheduleBatch } from './schedule-batch.js';
import { ScheduleTable, type Turn } from './schedule-table.js';

/** Milliseconds after which another replica takes over a renewal that has not been planned again. */
const lease = 15_000;

/**
 * The schedule of all replicas. What is planned and noted is handed over in batches, by `takeDue`: a plan that is lost
 * with a replica before that comes up again when the lease ends. Requests that this replica knows are not read again,
 * and for those that it was asked for itself it need not look who else was. What fails throws RedisUnavailable or
 * RedisMisuse.
 */
export class RedisRenewalSchedule extends RenewalSchedule {
  readonly #table: ScheduleTable;
  readonly #inUse: RequestsInUse;
  #batch = new ScheduleBatch();

  /** `requestOf` makes a request under the settings now in force, or undefined when they do not make it. */
  constructor(
    private readonly parts: RedisParts,
    private readonly requestOf: (record: RequestRecord) => TokenRequest | undefined,
  ) {
    super();
    this.#table = new ScheduleTable(parts);
    this.#inUse = new RequestsInUse(parts.clock);
  }

  override async plan(request: TokenRequest, at: number, trigger: Trigger = 'schedule'): Promise<void> {
    this.#batch.plan({ request, at, trigger });
  }

  override noteDemand(request: TokenRequest, renewAt: number): void {
    if (this.#inUse.ask(request)) return;
    this.#batch.wish({ request, at: renewAt, trigger: 'schedule', askedAt: this.parts.clock.now() });
  }

  override async keep(requests: readonly TokenRequest[]): Promise<void> {
    this.#inUse.keep(requests);
    const at = this.parts.clock.now();
    for (const request of requests) {
      this.#batch.wish({ request, at, trigger: 'preload', askedAt: undefined });
    }
    await this.flush();
  }

  override async takeDue(limit: number, ahead: number): Promise<DueRenewal[]> {
    await this.flush();
    if (limit === 0) return [];
    return this.parts.health.attempt(async () => {
      const turns = await this.#table.take(limit, ahead, lease);
      await this.#lookUp(turns.filter(({ key }) => !this.#inUse.has(key)));
      const idle = turns.filter(({ key }) => !this.#inUse.has(key)).map(({ key }) => key);
      if (idle.length > 0) await this.#drop(idle);
      return turns.flatMap(({ key, at, trigger }) => {
        const request = this.#inUse.get(key);
        return request ? { request, dueAt: at, trigger } : [];
      });
    });
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
      const { turns, next } = await this.#table.page(limit, after);
      const unknown = turns.flatMap(({ key }) => (this.#inUse.get(key) ? [] : [key]));
      const records = new Map(await this.#table.records(unknown));
      const planned = turns.flatMap(({ key, at }) => {
        const record = records.get(key);
        const request = this.#inUse.get(key) ?? (record && this.requestOf(record));
        return request?.key === key ? [{ request, at }] : [];
      });
      return { planned, next };
    });
  }

  /** Hands over what was planned and noted; what fails is handed over with the next batch. Good to call at the end, too. */
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

  async #write(batch: ScheduleBatch): Promise<void> {
    const { requests } = batch;
    const fresh = new Map([...requests].filter(([key]) => this.#inUse.get(key) === undefined));
    const added = await this.#table.write(batch, fresh);
    if (added > fresh.size) await this.#table.restore(requests);
    for (const [key, request] of requests) this.#inUse.note(request, batch.wishes.get(key)?.askedAt);
  }

  async #lookUp(turns: readonly Turn[]): Promise<void> {
    if (turns.length === 0) return;
    const noted = await this.#table.look(turns.map(({ key }) => key));
    for (const [n, { record, lastDemand = -Infinity }] of noted.entries()) {
      const { key } = turns[n]!;
      const request = this.#inUse.get(key) ?? (record && this.requestOf(record));
      if (request?.key === key) this.#inUse.note(request, lastDemand);
    }
  }

  async #drop(keys: readonly string[]): Promise<void> {
    for (const key of keys) this.#inUse.forget(key);
    await this.#table.drop(keys);
  }
}
