import type { Random, Clock } from '#tokens/model/clock.js';
import type { Trigger } from '#tokens/model/demand.js';
import { MemoryRenewalSchedule } from '#tokens/memory/memory-renewal-schedule.js';
import {
  type IdleAfter,
  type PlannedPage,
  type PlannedRenewals,
  RenewalSchedule,
  type DueRenewal,
} from '#tokens/ports/renewal-schedule.js';
import type { TokenRequest } from '#tokens/model/token-request.js';
import { LRUCache } from 'lru-cache';
import { type OnFallback, withFallback } from '../connection/circuit-breaker.js';
import type { RedisRenewalSchedule } from './redis-renewal-schedule.js';

/** Milliseconds by which a replica's own schedule runs late: from so much to twice as much, so that replicas differ. */
const grace = 5_000;

/** Milliseconds: beyond the longest life of a token that its client allows, and for others beyond twice a day. */
const longestPlan = ({ client }: TokenRequest): number =>
  2 * Math.max(client.options.maxLifetime ?? 0, 86_400_000);

/**
 * The schedule of all replicas, and behind it one of this replica's own that is fed the same and runs late on purpose:
 * what comes up there was renewed by no replica. So it is renewed although Redis is down, or came back without its data.
 * No method throws.
 */
export class ResilientRenewalSchedule extends RenewalSchedule implements PlannedRenewals {
  readonly #own: MemoryRenewalSchedule;
  readonly #grace: number;
  /** Request key -> the latest renewal heard of. What is noted on each demand moves the own plan only when it is news. */
  readonly #latest = new LRUCache<string, number>({ max: 10_000 });

  constructor(
    private readonly shared: RedisRenewalSchedule,
    private readonly onFallback: OnFallback,
    private readonly clock: Clock,
    chance: Random,
    idleAfter?: IdleAfter,
  ) {
    super();
    this.#own = new MemoryRenewalSchedule(clock, idleAfter);
    this.#grace = grace * (1 + chance());
  }

  override async plan(request: TokenRequest, at: number, trigger?: Trigger): Promise<void> {
    await this.#planOwn(request, at, trigger);
    await this.shared.plan(request, at, trigger);
  }

  override noteDemand(request: TokenRequest, renewAt: number, now?: number): void {
    this.noteRenewal(request, renewAt);
    this.#own.noteDemand(request, renewAt, now);
    this.shared.noteDemand(request, renewAt, now);
  }

  /** Another replica has renewed it: it need not come up here. */
  noteRenewal(request: TokenRequest, renewAt: number): void {
    const isNews = renewAt > (this.#latest.get(request.key) ?? -Infinity);
    if (isNews) void this.#planOwn(request, renewAt);
  }

  override async keep(requests: readonly TokenRequest[]): Promise<void> {
    await this.#own.keep(requests);
    await this.#orAlone('keep', () => this.shared.keep(requests));
  }

  override async takeDue(limit: number, ahead: number): Promise<DueRenewal[]> {
    const due = await this.#orAlone('takeDue', () => this.shared.takeDue(limit, ahead));
    const overdue = await this.#own.takeDue(limit - (due?.length ?? 0), ahead);
    if (due === undefined || overdue.length === 0) return due ?? overdue;
    return [...due, ...(await this.#withoutPlanned(overdue))];
  }

  override async forget(request: TokenRequest): Promise<void> {
    this.#latest.delete(request.key);
    await this.#own.forget(request);
    await this.#orAlone('forget', () => this.shared.forget(request));
  }

  async plannedAt(requests: readonly TokenRequest[]): Promise<(number | undefined)[]> {
    const alone = async () => (await this.#own.plannedAt(requests)).map((at) => at && at - this.#grace);
    return withFallback('plannedAt', () => this.shared.plannedAt(requests), alone, this.onFallback);
  }

  async list(limit: number, after?: string): Promise<PlannedPage> {
    const alone = async () => {
      const { planned, next } = await this.#own.list(limit, after);
      return { planned: planned.map(({ request, at }) => ({ request, at: at && at - this.#grace })), next };
    };
    return withFallback('list', () => this.shared.list(limit, after), alone, this.onFallback);
  }

  isPlanned(request: TokenRequest): boolean {
    return this.#own.isPlanned(request);
  }

  /** Of what has come up in the own schedule, after its delay. */
  lateness(): number {
    const late = this.#own.lateness();
    return late === 0 ? 0 : late + this.#grace;
  }

  /** Hands over what was planned and noted. To be called before the process ends. */
  async flush(): Promise<void> {
    await this.#orAlone('flush', () => this.shared.flush());
  }

  /**
   * What Redis has planned is renewed by the replica that takes it there. A plan for a time at which the token has long
   * expired was made by no replica.
   */
  async #withoutPlanned(overdue: readonly DueRenewal[]): Promise<DueRenewal[]> {
    const requests = overdue.map(({ request }) => request);
    const planned = await this.#orAlone('plannedAt', () => this.shared.plannedAt(requests));
    const left: DueRenewal[] = [];
    for (const [n, renewal] of overdue.entries()) {
      const at = planned?.[n];
      if (at === undefined || at > this.clock.now() + longestPlan(renewal.request)) left.push(renewal);
      else await this.#planOwn(renewal.request, at, renewal.trigger);
    }
    return left;
  }

  async #planOwn(request: TokenRequest, at: number, trigger?: Trigger): Promise<void> {
    this.#latest.set(request.key, at);
    await this.#own.plan(request, at + this.#grace, trigger);
  }

  #orAlone<T>(operation: string, act: () => Promise<T>): Promise<T | undefined> {
    return withFallback(operation, act, () => undefined, this.onFallback);
  }
}
