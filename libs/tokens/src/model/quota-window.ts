/** Token requests that an authorization server grants a client in any window of that length. */
export interface Quotas {
  perMinute?: number | undefined;
  perHour?: number | undefined;
  perDay?: number | undefined;
  perMonth?: number | undefined;
}

export type QuotaWindow = keyof Quotas;

const second = 1_000;
const minute = 60 * second;
const day = 24 * 60 * minute;

/**
 * Milliseconds. The requests of a window are counted by slots. One that is partly in the window counts whole, so a window
 * is up to a slot too long, and never too short: wherever the windows of the server begin, none is exceeded.
 */
export const windows = {
  perMinute: { length: minute, slot: 5 * second },
  perHour: { length: 60 * minute, slot: minute },
  perDay: { length: day, slot: 30 * minute },
  perMonth: { length: 31 * day, slot: day / 2 },
} as const satisfies Record<QuotaWindow, { length: number; slot: number }>;

export const windowNames = Object.keys(windows) as QuotaWindow[];

/** Share of the quota that is set aside for renewals at least, as of the budget of a minute. */
const setAside = 1 / 4;

/** By the number of a slot: renewals, and new tokens. */
export type Slots = Record<string, readonly [number, number]>;

export function limitsOf(quotas: Quotas): [QuotaWindow, number][] {
  return windowNames.flatMap((window) => {
    const limit = quotas[window];
    return limit === undefined ? [] : [[window, limit] as [QuotaWindow, number]];
  });
}

/** Milliseconds until a slot is no part of the window any more. */
export function leavesIn(window: QuotaWindow, slot: string, now: number): number {
  return (Number(slot) + 1) * windows[window].slot + windows[window].length - now;
}

/** Milliseconds until there is room for one more; 0 when there is. */
export function waitFor(
  slots: Slots,
  window: QuotaWindow,
  limit: number,
  now: number,
  isNew: boolean,
): number {
  let [renewals, fresh] = [0, 0];
  for (const slot in slots) {
    renewals += slots[slot]![0];
    fresh += slots[slot]![1];
  }
  const hasRoom = () => fresh + (isNew ? Math.max(renewals, Math.floor(limit * setAside)) : renewals) < limit;
  if (hasRoom()) return 0;
  for (const slot of Object.keys(slots).toSorted((a, b) => Number(a) - Number(b))) {
    renewals -= slots[slot]![0];
    fresh -= slots[slot]![1];
    if (hasRoom()) return leavesIn(window, slot, now);
  }
  return windows[window].length;
}

export function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
