import type { TokenRequest } from '#tokens/model/token-request.js';
import { LuaScript } from '../connection/lua-script.js';
import type { RedisParts } from '../connection/redis-parts.js';
import { type RequestRecord, SealedRequests } from './request-record.js';
import type { Plan, ScheduleBatch } from './schedule-batch.js';

/** A renewal that is due. */
export interface Turn extends Omit<Plan, 'request'> {
  key: string;
}

export interface NotedRequest {
  record: RequestRecord | undefined;
  lastDemand: number | undefined;
}

const takeDue = new LuaScript(new URL('./take-due.lua', import.meta.url));

/** Instants in Redis are whole milliseconds. Half of one more marks a preload, so that whoever takes it can tell. */
const preloadMark = 0.5;

/** The schedule as it lies in Redis. Each method is one round trip. Instants are those of `Clock.now()`. */
export class ScheduleTable {
  readonly #requests: SealedRequests;

  constructor(private readonly parts: RedisParts) {
    this.#requests = new SealedRequests(parts);
  }

  /**
   * Hands a batch over, `fresh` being those requests of it whose records are to be written too; the first word of a
   * request counts as demand. Tells how many were not planned before.
   */
  async write({ plans, wishes }: ScheduleBatch, fresh: ReadonlyMap<string, TokenRequest>): Promise<number> {
    const now = this.parts.clock.now();
    const asked = new Map([...fresh.keys()].map((key) => [key, now]));
    for (const [key, { askedAt }] of wishes) if (askedAt !== undefined) asked.set(key, askedAt);
    // The records come first: a turn may be taken as soon as it is there.
    const [, planned, wished] = await Promise.all([
      this.#requests.write(fresh),
      this.#plan([...plans.values()]),
      this.#plan([...wishes.values()], 'NX'),
      this.#noteDemand(asked, 'GT'),
    ]);
    return planned + wished;
  }

  /** Writes again what Redis has lost of these, or another replica has dropped. */
  async restore(requests: ReadonlyMap<string, TokenRequest>): Promise<void> {
    const now = this.parts.clock.now();
    const asked = new Map([...requests.keys()].map((key) => [key, now]));
    await Promise.all([this.#requests.write(requests), this.#noteDemand(asked, 'NX')]);
  }

  /**
   * Takes at most so many that will be due within `ahead` milliseconds, the earliest first. They are due again after
   * `lease` milliseconds.
   */
  async take(limit: number, ahead: number, lease: number): Promise<Turn[]> {
    const { redis, keys, clock, redisClock } = this.parts;
    const sentAt = clock.now();
    const reply = await takeDue.run(redis, [keys.scheduleDue], [limit, ahead, lease]);
    const [time, due] = reply as [[string, string], string[]];
    redisClock.learn(time, sentAt);
    return Array.from({ length: due.length / 2 }, (_, n) => this.#turn(due[2 * n]!, Number(due[2 * n + 1])));
  }

  async look(requestKeys: readonly string[]): Promise<NotedRequest[]> {
    const { redis, keys } = this.parts;
    const [records, demands] = await Promise.all([
      this.#requests.read(requestKeys),
      redis.zmscore(keys.scheduleDemand, ...requestKeys),
    ]);
    return records.map((record, n) => ({ record, lastDemand: this.#instant(demands[n]) }));
  }

  /** A part of what is planned, the earliest first. `after` is the `next` of an earlier part. */
  async page(limit: number, after?: string): Promise<{ turns: Turn[]; next: string | undefined }> {
    const { found, next } = await schedulePage(this.parts, limit, after);
    return { turns: found.map(([key, score]) => this.#turn(key, Number(score))), next };
  }

  async records(requestKeys: readonly string[]): Promise<(readonly [string, RequestRecord | undefined])[]> {
    if (requestKeys.length === 0) return [];
    const records = await this.#requests.read(requestKeys);
    return requestKeys.map((key, n) => [key, records[n]] as const);
  }

  /** When each of them is planned for. */
  async plannedAt(requestKeys: readonly string[]): Promise<(number | undefined)[]> {
    const instants = await this.parts.redis.zmscore(this.parts.keys.scheduleDue, ...requestKeys);
    return instants.map((instant) => this.#instant(instant));
  }

  async drop(requestKeys: readonly string[]): Promise<void> {
    const { redis, keys } = this.parts;
    await Promise.all([
      redis.zrem(keys.scheduleDue, ...requestKeys),
      redis.zrem(keys.scheduleDemand, ...requestKeys),
      this.#requests.drop(requestKeys),
    ]);
  }

  /** Tells how many were added. */
  async #plan(plans: readonly Plan[], ...only: 'NX'[]): Promise<number> {
    if (plans.length === 0) return 0;
    const { redis, keys, redisClock } = this.parts;
    const turns = plans.flatMap(({ request, at, trigger }) => [
      redisClock.fromLocal(at) + (trigger === 'preload' ? preloadMark : 0),
      request.key,
    ]);
    return Number(await redis.zadd(keys.scheduleDue, ...only, ...turns));
  }

  /** What is later already stays (GT), or whatever there is (NX). */
  async #noteDemand(asked: ReadonlyMap<string, number>, only: 'GT' | 'NX'): Promise<void> {
    if (asked.size === 0) return;
    const { redis, keys, redisClock } = this.parts;
    const instants = [...asked].flatMap(([key, at]) => [redisClock.fromLocal(at), key]);
    await redis.zadd(keys.scheduleDemand, only as 'NX', ...instants);
  }

  #turn(key: string, score: number): Turn {
    const at = this.parts.redisClock.toLocal(Math.floor(score));
    return { key, at, trigger: score % 1 === 0 ? 'schedule' : 'preload' };
  }

  #instant(score: string | null | undefined): number | undefined {
    return score ? this.parts.redisClock.toLocal(Math.floor(Number(score))) : undefined;
  }
}

export interface SchedulePage {
  /** Request keys, each with the score that stands for when it is due. */
  found: (readonly [key: string, score: string])[];
  next: string | undefined;
}

/** An instant, and how many of those that are due at it have been told, since many may be. */
const position = /^(\d{1,16}(?:\.5)?) (\d{1,9})$/;

/** Reads so many of what is planned, the earliest first, from where an earlier page ended: one command. */
export async function schedulePage(
  { redis, keys }: Pick<RedisParts, 'redis' | 'keys'>,
  limit: number,
  after = '',
): Promise<SchedulePage> {
  const [, from = '-inf', told = '0'] = position.exec(after) ?? [];
  const due = await redis.zrange(
    keys.scheduleDue,
    from,
    '+inf',
    'BYSCORE',
    'LIMIT',
    told,
    limit,
    'WITHSCORES',
  );
  const found = Array.from({ length: due.length / 2 }, (_, n) => [due[2 * n]!, due[2 * n + 1]!] as const);
  const last = found.at(-1)?.[1];
  if (last === undefined || found.length < limit) return { found, next: undefined };
  const equal = found.filter(([, score]) => score === last).length + (last === from ? Number(told) : 0);
  return { found, next: `${last} ${equal}` };
}
