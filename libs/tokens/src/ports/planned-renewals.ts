import type { TokenRequest } from '../model/token-request.js';

/** Part of what is planned, in an order of the schedule's own. */
export interface PlannedPage {
  planned: PlannedRenewal[];
  /** Where the next part begins; undefined after the last. */
  next: string | undefined;
}

export interface PlannedRenewal {
  request: TokenRequest;
  /** Instant, in milliseconds of the monotonic clock; undefined while the renewal is under way. */
  at: number | undefined;
}

/** What a schedule tells of itself, for operators and metrics: nothing of a renewal depends on it. */
export abstract class PlannedRenewals {
  /** For when each of them is planned; undefined for those that are not. */
  abstract plannedAt(requests: readonly TokenRequest[]): Promise<(number | undefined)[]>;

  /**
   * At most so many of all that are planned, for operators. `after` is the `next` of an earlier page; any other text is
   * the beginning. What is planned anew in between may come twice.
   */
  abstract list(limit: number, after?: string): Promise<PlannedPage>;

  /** Whether it is renewed, or lapses when its token expires, as far as it is known here. */
  abstract isPlanned(request: TokenRequest): boolean;

  /** Milliseconds by which the renewal is late that has waited longest to be taken out here; 0 when none is. */
  abstract lateness(): number;
}
