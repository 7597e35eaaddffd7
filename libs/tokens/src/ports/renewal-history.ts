/** Milliseconds of one period, and how many of them are kept: a day. */
export const historyPeriod = 1_800_000;
export const periodsKept = 48;

/** How the attempts to renew one token ended in one half hour. */
export interface RenewalCounts {
  /** Which half hour since 1970. */
  period: number;
  renewed: number;
  failed: number;
}

/** `id` is the `TokenRequest.id` of the token. */
export type CountedRenewals = RenewalCounts & { id: string };

/** The half hour of an instant, in milliseconds since 1970. */
export function periodOf(wallTime: number): number {
  return Math.floor(wallTime / historyPeriod);
}

/** How the renewals of each token ended in the last 24 hours, for operators: no renewal depends on it. */
export abstract class RenewalHistory {
  /** Adds to what is counted already. */
  abstract add(counted: readonly CountedRenewals[]): Promise<void>;

  /** For each token the half hours of the last day in which something happened, the earliest first. */
  abstract of(ids: readonly string[]): Promise<RenewalCounts[][]>;
}
