import type { TokenRequest } from '#tokens/model/token-request.js';
import { LuaScript } from '../connection/lua-script.js';
import { clockTolerance } from '../connection/redis-clock.js';
import type { RedisParts } from '../connection/redis-parts.js';
import { type RequestRecord, requestKeyLength, SealedRequests } from './request-record.js';
import type { Plan, ScheduleBatch } from './schedule-batch.js';

export interface DueEntry {
  key: string;
  at: number;
}

export interface NotedRequest {
  record: RequestRecord | undefined;
  lastDemand: number | undefined;
}

export interface EntryPage {
  entries: DueEntry[];
  next: string | undefined;
}

const takeDue = new LuaScript(new URL('./take-due.lua', import.meta.url));
const listDue = new LuaScript(new URL('./list-due.lua', import.meta.url));

/** Milliseconds: what is due since long ago was not planned so, and counts as due now. */
const longestDelay = 24 * 3_600_000;

/** Milliseconds: nothing is planned for later. Tokens are used for 31 days at most, and a quota begins again in a month. */
const longestPlan = 33 * 24 * 3_600_000;

/** Of a page: an instant, and how many of those that are due at it have been read, since many may be. */
const position = /^(-?(?:inf|\d{1,20}(?:\.\d{1,20})?(?:e[+-]\d{1,3})?)) (\d{1,9})$/;

/**
 * The schedule in Redis. Each method is one round trip. Instants are those of `Clock.now()`; in Redis they are whole
 * milliseconds. (Version 0.1.0 marks a preload by half of one more, which means nothing here.)
 */
export class ScheduleTable {
  readonly #requests: SealedRequests;

  constructor(private readonly parts: RedisParts) {
    this.#requests = new SealedRequests(parts);
  }

  /**
   * Writes a batch, and the records of `fresh`, which are some of its requests. A request that is written for the first
   * time counts as asked for now. Returns how many were not planned before.
   */
  async write(
    { plans, tentative }: ScheduleBatch,
    fresh: ReadonlyMap<string, TokenRequest>,
  ): Promise<number> {
    const now = this.parts.clock.now();
    const asked = new Map([...fresh.keys()].map((key) => [key, now]));
    for (const [key, { askedAt }] of tentative) if (askedAt !== undefined) asked.set(key, askedAt);
    // The records come first: an entry may be taken as soon as it is there.
    const [, planned, plannedIfAbsent] = await Promise.all([
      this.#requests.write(fresh),
      this.#plan([...plans.values()]),
      this.#plan([...tentative.values()], 'NX'),
      this.#noteDemand(asked, 'GT'),
    ]);
    return planned + plannedIfAbsent;
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
  async take(limit: number, ahead: number, lease: number): Promise<{ entries: DueEntry[]; removed: number }> {
    const { redis, keys, clock, redisClock } = this.parts;
    const sentAt = clock.now();
    const reply = await takeDue.run(redis, [keys.scheduleDue], [limit, ahead, lease, requestKeyLength]);
    const [time, removed, due] = reply as [[string, string], number, string[]];
    redisClock.learn(time, sentAt);
    if (removed > 0) this.parts.onRepair();
    return { entries: this.#entries(due), removed };
  }

  async look(requestKeys: readonly string[]): Promise<NotedRequest[]> {
    const { redis, keys } = this.parts;
    const [records, demands] = await Promise.all([
      this.#requests.read(requestKeys),
      redis.zmscore(keys.scheduleDemand, ...requestKeys),
    ]);
    const now = this.parts.clock.now();
    return records.map((record, n) => {
      const lastDemand = this.#instant(demands[n]);
      // Demand to come was not noted by a replica.
      const isBelieved = lastDemand !== undefined && lastDemand < now + clockTolerance;
      return { record, lastDemand: isBelieved ? lastDemand : undefined };
    });
  }

  /** A part of what is planned, the earliest first. `after` is the `next` of an earlier part. */
  async page(limit: number, after = ''): Promise<EntryPage> {
    const { redis, keys, redisClock, onRepair } = this.parts;
    const [, from = '-inf', read = '0'] = position.exec(after) ?? [];
    const args = [from, read, limit, requestKeyLength, redisClock.now() + longestPlan];
    const reply = await listDue.run(redis, [keys.scheduleDue], args);
    const [lookedAt, removed, due] = reply as [number, number, string[]];
    if (removed > 0) onRepair();
    const entries = this.#entries(due);
    if (lookedAt < limit) return { entries, next: undefined };
    const last = due.at(-1);
    if (last === undefined) return { entries, next: after };
    const equal = due.filter((score, n) => n % 2 === 1 && score === last).length;
    return { entries, next: `${last} ${equal + (last === from ? Number(read) : 0)}` };
  }

  async records(requestKeys: readonly string[]): Promise<Map<string, RequestRecord | undefined>> {
    if (requestKeys.length === 0) return new Map();
    const records = await this.#requests.read(requestKeys);
    return new Map(requestKeys.map((key, n) => [key, records[n]]));
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

  /** Returns how many were added. */
  async #plan(plans: readonly Plan[], ...only: 'NX'[]): Promise<number> {
    if (plans.length === 0) return 0;
    const { redis, keys, redisClock } = this.parts;
    const entries = plans.flatMap(({ request, at }) => [redisClock.fromLocal(at), request.key]);
    return Number(await redis.zadd(keys.scheduleDue, ...only, ...entries));
  }

  /** An instant that is later already stays (GT), or any that is there (NX). */
  async #noteDemand(asked: ReadonlyMap<string, number>, only: 'GT' | 'NX'): Promise<void> {
    if (asked.size === 0) return;
    const { redis, keys, redisClock } = this.parts;
    const instants = [...asked].flatMap(([key, at]) => [redisClock.fromLocal(at), key]);
    await redis.zadd(keys.scheduleDemand, only as 'NX', ...instants);
  }

  /** From keys and scores in turn. */
  #entries(reply: readonly string[]): DueEntry[] {
    return Array.from({ length: reply.length / 2 }, (_, n) => ({
      key: reply[2 * n]!,
      at: this.#instant(reply[2 * n + 1])!,
    }));
  }

  #instant(score: string | null | undefined): number | undefined {
    if (!score) return undefined;
    const { clock, redisClock } = this.parts;
    const instant = redisClock.toLocal(Math.floor(Number(score.replace(/^(\W?)inf$/, '$1Infinity'))));
    return instant < clock.now() - longestDelay ? clock.now() : instant;
  }
}
