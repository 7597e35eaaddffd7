import { LRUCache } from 'lru-cache';
import { atMost } from '#tokens/model/entry-limit.js';
import type { RedisParts } from '../connection/redis-parts.js';

/** What is counted apart. The counters of a slot lie side by side, in this order. */
const counters = ['renewals', 'newTokens'] as const;

export type Counter = (typeof counters)[number];

/** What was counted in one slot of the last minute. */
export interface SlotCount extends Record<Counter, number> {
  /** Milliseconds until the slot is part of the last minute no more. */
  leavesIn: number;
}

export interface Counted {
  /** The last minute, with what was just counted; the oldest slot first. */
  slots: SlotCount[];
  takeBack(): Promise<void>;
}

/** Milliseconds. The last minute consists of whole slots: it is up to one too long, and never too short. */
const slotLength = 10_000;
const slotsBefore = 6;

/** The counters of four hours share a key, so that its expiry need seldom be set. */
const slotsPerKey = 1_440;
const secondsOfLife = 8 * 60 * 60;

/**
 * Counts the token requests of the last minute in Redis, in counters of 16 bits: BITFIELD counts one and tells all in a
 * single command. The slot to come is looked at too, since the clock of another replica may be a little ahead.
 */
export class RequestCounts {
  /** Keys whose expiry this replica has set. */
  readonly #expiring = new LRUCache<string, true>(atMost(10_000));

  constructor(private readonly parts: RedisParts) {}

  /** Counts one more under the key that `keyOf` gives for each period of four hours. */
  async add(keyOf: (period: number) => string, counter: Counter): Promise<Counted> {
    const now = this.parts.redisClock.now();
    const current = Math.floor(now / slotLength);
    const key = keyOf(periodOf(current));
    const slots = Array.from({ length: slotsBefore + 2 }, (_, n) => current - slotsBefore + n);
    const here = slots.filter((slot) => periodOf(slot) === periodOf(current));
    const there = slots.filter((slot) => periodOf(slot) !== periodOf(current));
    // Counted here before there is looked at: of two replicas at the turn of a period at least one sees the other.
    const [[, ...countsHere], countsThere] = await Promise.all([
      this.#bitfield(key, [...change(current, counter, 1), ...here.flatMap(look)]),
      there.length === 0 ? [] : this.#bitfield(keyOf(periodOf(there[0]!)), there.flatMap(look)),
    ]);
    await this.#expire(key, countsHere);
    const leavesIn = (slot: number) => (slot + slotsBefore + 1) * slotLength - now;
    const counted = [...countsOf(here, countsHere), ...countsOf(there, countsThere)].toSorted(
      (a, b) => a.slot - b.slot,
    );
    return {
      slots: counted.map(({ slot, ...counts }) => ({ ...counts, leavesIn: leavesIn(slot) })),
      takeBack: async () => void (await this.#bitfield(key, change(current, counter, -1))),
    };
  }

  async #bitfield(key: string, operations: readonly (string | number)[]): Promise<number[]> {
    return (await this.parts.redis.call('bitfield', key, ...operations)) as number[];
  }

  async #expire(key: string, counts: readonly number[]): Promise<void> {
    // Counted alone, the key may be new to Redis: it has lost the old one, and its expiry.
    const isAlone = counts.reduce((sum, count) => sum + count, 0) === 1;
    if (this.#expiring.has(key) && !isAlone) return;
    await this.parts.redis.expire(key, secondsOfLife);
    this.#expiring.set(key, true);
  }
}

const periodOf = (slot: number): number => Math.floor(slot / slotsPerKey);

const place = (slot: number, counter: Counter): string =>
  `#${(slot % slotsPerKey) * counters.length + counters.indexOf(counter)}`;

/** Saturating, so that nothing goes below 0 when Redis has lost what is taken back. */
const change = (slot: number, counter: Counter, by: number): (string | number)[] => [
  'OVERFLOW',
  'SAT',
  'INCRBY',
  'u16',
  place(slot, counter),
  by,
];

const look = (slot: number): string[] => counters.flatMap((counter) => ['GET', 'u16', place(slot, counter)]);

function countsOf(slots: readonly number[], values: readonly number[]) {
  return slots.map((slot, n) => ({ slot, renewals: values[2 * n]!, newTokens: values[2 * n + 1]! }));
}
