import { LRUCache } from 'lru-cache';
import type { MemoryTokenRequestBudget } from '#tokens/memory/memory-token-request-budget.js';
import type { Client } from '#tokens/model/client.js';
import type { Demand } from '#tokens/model/demand.js';
import { digest } from '#tokens/model/secret.js';
import { lruOfEntries } from '#tokens/model/limits.js';
import { TokenRequestBudget } from '#tokens/ports/token-request-budget.js';
import type { TokenRequest } from '#tokens/model/token-request.js';
import type { QuotaUsage } from '#tokens/model/quota.js';
import { type OnFallback, withFallback } from '../connection/circuit-breaker.js';
import { LuaScript } from '../connection/lua-script.js';
import type { RedisParts } from '../connection/redis-parts.js';
import type { RedisQuotas } from './redis-quotas.js';

const takeRequest = new LuaScript(new URL('./take-request.lua', import.meta.url));

/**
 * Milliseconds. The last minute consists of whole slots: it is up to one slot too long, and never too short. The slot to
 * come is part of it, since the clock of another replica may be a little ahead.
 */
const slotLength = 10_000;
const slotsBefore = 6;
const slots = slotsBefore + 2;

/** The counters of four hours share a key, two of 16 bits for each slot: renewals and new tokens. */
const slotsPerKey = 1_440;
const secondsOfLife = 8 * 60 * 60;

/** The budget of all replicas: one round trip, and one for the quotas. Throws RedisUnavailable or RedisMisuse. */
export class RedisTokenRequestBudget extends TokenRequestBudget {
  /** Client identity -> what was counted when it was last looked at, and when each part of it counts no more. */
  readonly #seen = new LRUCache<string, { until: number; count: number }[]>(lruOfEntries(1_000));

  constructor(
    private readonly parts: RedisParts,
    private readonly sharedQuotas: RedisQuotas,
  ) {
    super();
  }

  override async take(request: TokenRequest, demand: Demand): Promise<number | undefined> {
    const wait = await this.#takeOfMinute(request, demand);
    return wait ?? this.sharedQuotas.takeShared(request.client, demand.trigger === 'demand');
  }

  override placeRenewal(client: Client, earliest: number, latest: number): Promise<number> {
    return this.sharedQuotas.placeShared(client, earliest, latest);
  }

  override quotas(client: Client): QuotaUsage[] {
    return this.sharedQuotas.usage(client);
  }

  #takeOfMinute(request: TokenRequest, { trigger, consumer }: Demand): Promise<number | undefined> {
    const { identity, options } = request.client;
    const { redis, keys, redisClock, health } = this.parts;
    const all = options.maxTokenRequestsPerMinute;
    const now = redisClock.now();
    const oldest = Math.floor(now / slotLength) - slotsBefore;
    const periods = [oldest, oldest + slots - 1].map((slot) => Math.floor(slot / slotsPerKey));
    const shared = periods.map((period) => keys.budget(identity, period));
    const own = consumer === undefined ? [] : shared.map((key) => `${key}:${digest([consumer])}`);
    const limits = [all, all - Math.floor(all / 4), Math.max(1, Math.floor(all / 2))];
    const kind = trigger === 'demand' ? 'newTokens' : 'renewals';
    const args = [oldest % slotsPerKey, slots, slotsPerKey, kind, ...limits, secondsOfLife];

    return health.attempt(async () => {
      const reply = await takeRequest.run(redis, [...shared, ...own], args);
      const [slotsToPass, repaired, counters] = reply as [number, number, number[]];
      const leavesIn = (slot: number) => (oldest + slot + slotsBefore + 1) * slotLength - now;
      this.#note(identity, counters, leavesIn);
      if (repaired > 0) this.parts.onRepair();
      return slotsToPass === 0 ? undefined : leavesIn(slotsToPass - 1);
    });
  }

  override used({ identity, options }: Client): number {
    const now = this.parts.clock.now();
    const counted = (this.#seen.get(identity) ?? []).filter(({ until }) => until > now);
    return Math.min(
      counted.reduce((total, { count }) => total + count, 0),
      options.maxTokenRequestsPerMinute,
    );
  }

  #note(identity: string, counters: readonly number[], leavesIn: (slot: number) => number): void {
    const now = this.parts.clock.now();
    const seen = Array.from({ length: slots }, (_, slot) => ({
      until: now + leavesIn(slot),
      count: counters[2 * slot]! + counters[2 * slot + 1]!,
    }));
    this.#seen.set(identity, seen);
  }
}

/**
 * The budget of all replicas. While Redis fails there is this replica's own of a minute, which knows what it has spent,
 * and its share of the quotas. Never throws.
 */
export class ResilientTokenRequestBudget extends TokenRequestBudget {
  constructor(
    private readonly shared: TokenRequestBudget,
    private readonly own: MemoryTokenRequestBudget,
    private readonly onFallback: OnFallback,
  ) {
    super();
  }

  override async take(request: TokenRequest, demand: Demand): Promise<number | undefined> {
    const alone = () => this.own.take(request, demand);
    return withFallback('take', () => this.#takeShared(request, demand), alone, this.onFallback);
  }

  /** While Redis fails, only this replica counts. */
  override used(client: Client): number {
    return Math.max(this.shared.used(client), this.own.used(client));
  }

  override async placeRenewal(client: Client, earliest: number, latest: number): Promise<number> {
    const shared = () => this.shared.placeRenewal(client, earliest, latest);
    const alone = () => this.own.placeRenewal(client, earliest, latest);
    return withFallback('place', shared, alone, this.onFallback);
  }

  override quotas(client: Client): QuotaUsage[] {
    return this.own.quotas(client);
  }

  async #takeShared(request: TokenRequest, demand: Demand): Promise<number | undefined> {
    const wait = await this.shared.take(request, demand);
    if (wait === undefined) this.own.note(request.client, demand.consumer);
    return wait;
  }
}
