import { LRUCache } from 'lru-cache';
import type { Client } from '#tokens/model/client.js';
import type { Demand } from '#tokens/model/demand.js';
import { digest } from '#tokens/model/digest.js';
import { atMost } from '#tokens/model/entry-limit.js';
import { TokenRequestBudget } from '#tokens/ports/token-request-budget.js';
import type { TokenRequest } from '#tokens/model/token-request.js';
import type { RedisParts } from '../connection/redis-parts.js';
import { type Counted, RequestCounts, type SlotCount } from './request-counts.js';

type Fits = (minute: readonly SlotCount[]) => boolean;

/**
 * The budget of all replicas: each counts its token request first and takes it back when it was one too many. So it is
 * never exceeded, however many ask at once. It costs one command, one more for a consumer's own count, and as many
 * again when refused. What fails throws RedisUnavailable or RedisMisuse.
 */
export class RedisTokenRequestBudget extends TokenRequestBudget {
  readonly #counts: RequestCounts;
  /** Client identity -> what was counted when it was last looked at, and when each part of it counts no more. */
  readonly #seen = new LRUCache<string, { until: number; count: number }[]>(atMost(1_000));

  constructor(private readonly parts: RedisParts) {
    super();
    this.#counts = new RequestCounts(parts);
  }

  override take(request: TokenRequest, { trigger, consumer }: Demand): Promise<number | undefined> {
    const { identity, options } = request.client;
    const all = options.maxTokenRequestsPerMinute;
    const forNewTokens = all - Math.floor(all / 4);
    const half = Math.max(1, Math.floor(all / 2));
    const key = (period: number) => this.parts.keys.budget(identity, period);
    const ownKey = (period: number) => `${key(period)}:${digest([consumer ?? ''])}`;

    return this.parts.health.attempt(async () => {
      // A consumer that floods is refused by its own count, before it touches that of all.
      const own = consumer === undefined ? undefined : await this.#counts.add(ownKey, 'newTokens');
      const ownWait = own && (await waitUnless(own, (minute) => sum(minute, 'newTokens') <= half));
      if (ownWait !== undefined) return ownWait;

      const isNew = trigger === 'demand';
      const everybody = await this.#counts.add(key, isNew ? 'newTokens' : 'renewals');
      const wait = await waitUnless(
        everybody,
        isNew ? fitsNew(forNewTokens) : fitsRenewal(all, forNewTokens),
      );
      this.#note(identity, everybody.slots, wait === undefined ? 0 : 1);
      if (wait !== undefined) await own?.takeBack();
      return wait;
    });
  }

  override used({ identity, options }: Client): number {
    const now = this.parts.clock.now();
    const counted = (this.#seen.get(identity) ?? []).filter(({ until }) => until > now);
    // Those of others that are about to be taken back were counted too.
    return Math.min(
      counted.reduce((total, { count }) => total + count, 0),
      options.maxTokenRequestsPerMinute,
    );
  }

  /** @param takenBack of what was just counted, in the last slot but one: the last is that to come */
  #note(identity: string, slots: readonly SlotCount[], takenBack: number): void {
    const now = this.parts.clock.now();
    const seen = slots.map(({ leavesIn, renewals, newTokens }) => ({
      until: now + leavesIn,
      count: renewals + newTokens,
    }));
    seen.at(-2)!.count -= takenBack;
    this.#seen.set(identity, seen);
  }
}

const sum = (minute: readonly SlotCount[], counter: 'renewals' | 'newTokens'): number =>
  minute.reduce((total, slot) => total + slot[counter], 0);

const fitsNew =
  (limit: number): Fits =>
  (minute) =>
    sum(minute, 'renewals') + sum(minute, 'newTokens') <= limit;

/** New tokens counted beyond their limit are about to be taken back: a flood of them must not hold up renewals. */
const fitsRenewal =
  (all: number, forNewTokens: number): Fits =>
  (minute) =>
    sum(minute, 'renewals') + Math.min(sum(minute, 'newTokens'), forNewTokens) <= all;

/** Undefined when it fits. Otherwise takes it back, and gives the milliseconds until enough of the minute has passed. */
async function waitUnless({ slots, takeBack }: Counted, fits: Fits): Promise<number | undefined> {
  if (fits(slots)) return undefined;
  await takeBack();
  return slots.find((_, n) => fits(slots.slice(n + 1)))!.leavesIn;
}
