import {
  leavesIn,
  limitsOf,
  type Quotas,
  type QuotaWindow,
  type Slots,
  sum,
  waitFor,
  windowNames,
  windows,
} from './quota-window.js';

/** Milliseconds: the clocks of replicas may differ a little. */
const tolerance = 60_000;

export interface QuotaUsage {
  window: QuotaWindow;
  limit: number;
  used: number;
  /** When it is used up at the rate of the last quarter of the window: an instant; undefined when it is not. */
  usedUpAt: number | undefined;
}

/** Renewals are placed so that they need no more than this share: the rest is for what comes on demand. */
const pacedShare = 0.92;

type Counters = Partial<Record<QuotaWindow, Slots>>;

/** What a client has used of its quotas, and for when its next renewal may be planned. Instants are milliseconds. */
export class QuotaLedger {
  private constructor(
    readonly counters: Counters,
    readonly nextPlace: number,
  ) {}

  static readonly empty: QuotaLedger = new this({}, -Infinity);

  /**
   * Counts one request; `wait` when a window is full. For a new token it is full when there is no room for the renewals
   * that the window had, or for a quarter of them.
   */
  take(quotas: Quotas, now: number, isNew: boolean): { ledger: QuotaLedger } | { wait: number } {
    const kept = this.#recent(quotas, now);
    const waits = limitsOf(quotas).map(([window, limit]) =>
      waitFor(kept[window]!, window, limit, now, isNew),
    );
    const wait = Math.max(0, ...waits);
    if (wait > 0) return { wait };
    return { ledger: this.#counted(kept, now, isNew) };
  }

  /** With one more request, for which there may be no room. */
  counted(quotas: Quotas, now: number, isNew: boolean): QuotaLedger {
    return this.#counted(this.#recent(quotas, now), now, isNew);
  }

  #counted(kept: Record<string, Slots>, now: number, isNew: boolean): QuotaLedger {
    for (const window of windowNames) {
      const slots = kept[window];
      if (slots === undefined) continue;
      const slot = Math.floor(now / windows[window].slot);
      const [renewals, fresh] = slots[slot] ?? [0, 0];
      slots[slot] = isNew ? [renewals, fresh + 1] : [renewals + 1, fresh];
    }
    return new QuotaLedger(kept, this.nextPlace);
  }

  /** With the same requests as another replica, or an earlier look, has counted them: of each slot what is higher. */
  merged(other: QuotaLedger, now: number): QuotaLedger {
    if (other === QuotaLedger.empty) return this;
    const higher = combined(this.counters, other.counters, (one, two) => Math.max(one, two));
    for (const window of windowNames) {
      const slots = higher[window];
      for (const slot in slots)
        if (leavesIn(window, slot, now) <= 0 || isAhead(window, slot, now)) delete slots[slot];
    }
    return new QuotaLedger(higher, Math.max(this.nextPlace, other.nextPlace));
  }

  /** With other requests than these, each of them so many times. */
  plus(other: QuotaLedger, times = 1): QuotaLedger {
    if (other === QuotaLedger.empty) return this;
    const all = combined(this.counters, other.counters, (one, two) => one + times * two);
    return new QuotaLedger(all, Math.max(this.nextPlace, other.nextPlace));
  }

  /**
   * An instant for the next renewal: the earliest that keeps its distance to the one placed before, so that renewals
   * never need more than the quotas give. It comes `latest` at the latest.
   * @param replicas how many place renewals and do not know of each other
   */
  place(quotas: Quotas, earliest: number, latest: number, replicas = 1): { ledger: QuotaLedger; at: number } {
    const distances = limitsOf(quotas).map(
      ([window, limit]) => (windows[window].length * replicas) / (limit * pacedShare),
    );
    const at = Math.max(earliest, this.nextPlace);
    if (at >= latest) return { ledger: this, at: latest };
    return { ledger: new QuotaLedger(this.counters, at + Math.max(0, ...distances)), at };
  }

  /** Of each window beyond a minute, for which there is the budget to look at. */
  usage({ perMinute: _budget, ...quotas }: Quotas, now: number): QuotaUsage[] {
    const kept = this.#recent(quotas, now);
    return limitsOf(quotas).map(([window, limit]) => {
      const { length, slot } = windows[window];
      const used = sum(Object.values(kept[window]!).flat());
      const lately = Object.entries(kept[window]!).filter(
        ([at]) => (Number(at) + 1) * slot > now - length / 4,
      );
      const rate = sum(lately.flatMap(([, counts]) => counts)) / (length / 4);
      const isTooFast = rate * length > limit;
      return {
        window,
        limit,
        used,
        usedUpAt: isTooFast ? now + Math.max(0, limit - used) / rate : undefined,
      };
    });
  }

  toString(): string {
    return JSON.stringify([
      this.counters,
      Number.isFinite(this.nextPlace) ? Math.round(this.nextPlace) : null,
    ]);
  }

  /** Empty for whatever `toString` has not made: others may write to the store. */
  static parse(text: string, now: number): QuotaLedger {
    try {
      const [counters, nextPlace] = JSON.parse(text) as [Counters, number | null];
      const checked = new QuotaLedger(counters, typeof nextPlace === 'number' ? nextPlace : -Infinity);
      return isSound(counters, now) ? checked : QuotaLedger.empty;
    } catch {
      return QuotaLedger.empty;
    }
  }

  /** A copy of the slots that are still in their window. */
  #recent(quotas: Quotas, now: number): Record<string, Slots> {
    const recent: Record<string, Slots> = {};
    for (const [window] of limitsOf(quotas)) {
      const slots = { ...this.counters[window] };
      for (const slot in slots) if (leavesIn(window, slot, now) <= 0) delete slots[slot];
      recent[window] = slots;
    }
    return recent;
  }
}

function isSound(counters: Counters, now: number): boolean {
  return windowNames.every((window) =>
    Object.entries(counters[window] ?? {}).every(
      ([slot, counts]) =>
        counts.length === 2 &&
        counts.every((count) => Number.isSafeInteger(count) && count >= 0) &&
        !isAhead(window, slot, now),
    ),
  );
}

function isAhead(window: QuotaWindow, slot: string, now: number): boolean {
  return Number(slot) * windows[window].slot > now + tolerance;
}

function combined(one: Counters, other: Counters, of: (one: number, two: number) => number): Counters {
  const all: Counters = {};
  for (const window of windowNames) {
    if (one[window] === undefined && other[window] === undefined) continue;
    const slots = { ...one[window] };
    for (const slot in other[window]) {
      const [left, right] = [slots[slot] ?? none, other[window][slot]!];
      slots[slot] = [of(left[0], right[0]), of(left[1], right[1])];
    }
    all[window] = slots;
  }
  return all;
}

const none = [0, 0] as const;
