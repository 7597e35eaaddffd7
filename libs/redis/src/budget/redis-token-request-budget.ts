import { LRUCache } from 'lru-cache';
import type { Client } from '#tokens/model/client.js';
import type { Demand } from '#tokens/model/demand.js';
import { digest } from '#tokens/model/secret.js';
import { lruOfEntries } from '#tokens/model/limits.js';
import { TokenRequestBudget } from '#tokens/ports/token-request-budget.js';
import type { TokenRequest } from '#tokens/model/token-request.js';
import type { QuotaUsage } from '#tokens/model/quota.js';
import { LuaScript } from '../connection/lua-script.js';
import type { RedisParts } from '../connection/redis-parts.js';
import { RedisQuotas } from './redis-quotas.js';

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

/** The budget of all replicas: one round trip. Throws RedisUnavailable or RedisMisuse. */
export class RedisTokenRequestBudget extends TokenRequestBudget {
  /** Client identity -> what was counted when it was last looked at, and when each part of it counts no more. */
  readonly #seen = new LRUCache<string, { until: number; count: number }[]>(lruOfEntries(1_000));

  readonly #quotas: RedisQuotas;

  constructor(private readonly parts: RedisParts) {
    super();
    this.#quotas = new RedisQuotas(parts);
  }

  override async take(request: TokenRequest, demand: Demand): Promise<number | undefined> {
    const { client } = request;
    const wait = await this.#takeOfMinute(request, demand);
    if (wait !== undefined || client.options.quotas === undefined) return wait;
    const { redisClock } = this.parts;
    const { quotas } = client.options;
    const taken = await this.#quotas.change(client, (ledger) => {
      const result = ledger.take(quotas, redisClock.now(), demand.trigger === 'demand');
      return 'wait' in result ? { wait: result.wait } : { ledger: result.ledger };
    });
    return 'wait' in taken ? taken.wait : undefined;
  }

  override async placeRenewal(client: Client, earliest: number, latest: number): Promise<number> {
    const { redisClock } = this.parts;
    const { quotas } = client.options;
    if (quotas === undefined) return earliest;
    const [from, to] = [redisClock.fromLocal(earliest), redisClock.fromLocal(latest)];
    const { at } = await this.#quotas.change(client, (ledger) => ledger.place(quotas, from, to));
    return redisClock.toLocal(at);
  }

  override quotas(client: Client): QuotaUsage[] {
    const { redisClock } = this.parts;
    const usage = this.#quotas.ledger(client).usage(client.options.quotas ?? {}, redisClock.now());
    return usage.map((one) => ({ ...one, usedUpAt: one.usedUpAt && redisClock.toLocal(one.usedUpAt) }));
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
