/** Token requests that an authorization server grants a client in longer windows than a minute. */
export interface Quotas {
  perHour?: number | undefined;
  perDay?: number | undefined;
  perMonth?: number | undefined;
}

export type QuotaWindow = keyof Quotas;

const minute = 60_000;
const day = 24 * 60 * minute;

/**
 * Milliseconds. The requests of a window are counted by slots. One that is partly in the window counts whole, so a window
 * is up to a slot too long, and never too short: wherever the windows of the server begin, none is exceeded.
 */
const windows = {
  perHour: { length: 60 * minute, slot: minute },
  perDay: { length: day, slot: 30 * minute },
  perMonth: { length: 31 * day, slot: day / 2 },
} as const satisfies Record<QuotaWindow, { length: number; slot: number }>;

export interface QuotaUsage {
  window: QuotaWindow;
  limit: number;
  used: number;
  /** When it is used up at the rate of the last quarter of the window: an instant; undefined when it is not. */
  usedUpAt: number | undefined;
}

/** Share of the quota that is set aside for renewals at least, as of the budget of a minute. */
const setAside = 1 / 4;

/** Renewals are placed so that they need no more than this share: the rest is for what comes on demand. */
const pacedShare = 0.92;

/** By the number of a slot: renewals, and new tokens. */
type Slots = Record<string, readonly [number, number]>;
type Counters = Partial<Record<QuotaWindow, Slots>>;

/** What a client has used of its quotas, and for when its next renewal may be planned. Instants are milliseconds. */
export class QuotaLedger {
  private constructor(
    readonly counters: Counters,
    readonly nextPlace: number,
  ) {}

  static readonly empty = new QuotaLedger({}, -Infinity);

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
    for (const [window] of limitsOf(quotas)) {
      const slot = Math.floor(now / windows[window].slot);
      const [renewals, fresh] = kept[window]![slot] ?? [0, 0];
      kept[window]![slot] = isNew ? [renewals, fresh + 1] : [renewals + 1, fresh];
    }
    return { ledger: new QuotaLedger(kept, this.nextPlace) };
  }

  /**
   * An instant for the next renewal: the earliest that keeps its distance to the one placed before, so that renewals
   * never need more than the quotas give. It comes `latest` at the latest.
   */
  place(quotas: Quotas, earliest: number, latest: number): { ledger: QuotaLedger; at: number } {
    const distances = limitsOf(quotas).map(
      ([window, limit]) => windows[window].length / (limit * pacedShare),
    );
    const at = Math.max(earliest, this.nextPlace);
    if (at >= latest) return { ledger: this, at: latest };
    return { ledger: new QuotaLedger(this.counters, at + Math.max(0, ...distances)), at };
  }

  usage(quotas: Quotas, now: number): QuotaUsage[] {
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
      const isSound = (Object.keys(windows) as QuotaWindow[]).every((window) =>
        Object.entries(counters[window] ?? {}).every(
          ([slot, counts]) =>
            counts.length === 2 &&
            counts.every((count) => Number.isSafeInteger(count) && count >= 0) &&
            Number(slot) * windows[window].slot <= now + minute,
        ),
      );
      return isSound ? checked : QuotaLedger.empty;
    } catch {
      return QuotaLedger.empty;
    }
  }

  /** The slots that are still in their window. */
  #recent(quotas: Quotas, now: number): Record<string, Slots> {
    return Object.fromEntries(
      limitsOf(quotas).map(([window]) => {
        const slots = Object.entries(this.counters[window] ?? {});
        return [window, Object.fromEntries(slots.filter(([slot]) => leavesIn(window, slot, now) > 0))];
      }),
    );
  }
}

function limitsOf(quotas: Quotas): [QuotaWindow, number][] {
  return (Object.keys(windows) as QuotaWindow[]).flatMap((window) => {
    const limit = quotas[window];
    return limit === undefined ? [] : [[window, limit] as [QuotaWindow, number]];
  });
}

/** Milliseconds until a slot is no part of the window any more. */
function leavesIn(window: QuotaWindow, slot: string, now: number): number {
  return (Number(slot) + 1) * windows[window].slot + windows[window].length - now;
}

/** Milliseconds until there is room for one more; 0 when there is. */
function waitFor(slots: Slots, window: QuotaWindow, limit: number, now: number, isNew: boolean): number {
  let renewals = sum(Object.values(slots).map(([count]) => count));
  let fresh = sum(Object.values(slots).map(([, count]) => count));
  const hasRoom = () => fresh + (isNew ? Math.max(renewals, Math.floor(limit * setAside)) : renewals) < limit;
  if (hasRoom()) return 0;
  for (const slot of Object.keys(slots).toSorted((a, b) => Number(a) - Number(b))) {
    renewals -= slots[slot]![0];
    fresh -= slots[slot]![1];
    if (hasRoom()) return leavesIn(window, slot, now);
  }
  return windows[window].length;
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
