import type { Trigger } from '../model/demand.js';
import type { Client } from '../model/client.js';
import type { TokenRequest } from '../model/token-request.js';

export interface DueRenewal {
  request: TokenRequest;
  /** Instant, in milliseconds of the monotonic clock. */
  dueAt: number;
  trigger: Trigger;
}

/** When each token is renewed, and which are in demand. Its cost follows what is due, not what exists. */
export abstract class RenewalSchedule {
  /** Sets when the token of this request is next renewed. */
  abstract plan(request: TokenRequest, at: number, trigger?: Trigger): Promise<void>;

  /**
   * A consumer asked for it now. Plans its renewal where none is planned. Costs no input or output.
   * @param now instant of the monotonic clock, where it was read already
   */
  abstract noteDemand(request: TokenRequest, renewAt: number, now?: number): void;

  /** These are renewed with or without demand, and no others. */
  abstract keep(requests: readonly TokenRequest[]): Promise<void>;

  /**
   * Takes out at most `limit` that are in use and due, or will be within `ahead` milliseconds; what has been idle for
   * too long lapses. The earliest come first.
   */
  abstract takeDue(limit: number, ahead: number): Promise<DueRenewal[]>;

  /** The token of this request is renewed no more. */
  abstract forget(request: TokenRequest): Promise<void>;
}

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

/** What a schedule reports of itself, for operators and metrics: no renewal depends on it. */
export abstract class PlannedRenewals {
  /** For when each of them is planned; undefined for those that are not. */
  abstract plannedAt(requests: readonly TokenRequest[]): Promise<(number | undefined)[]>;

  /**
   * At most so many of all that are planned, for operators. `after` is the `next` of an earlier page; any other text means
   * the first page. What is planned anew in between may be listed twice.
   */
  abstract list(limit: number, after?: string): Promise<PlannedPage>;

  /** Whether it is renewed, or lapses when its token expires, as far as it is known here. */
  abstract isPlanned(request: TokenRequest): boolean;

  /** Milliseconds by which the renewal is late that has waited longest to be taken out here; 0 when none is late. */
  abstract lateness(): number;
}

/** Milliseconds without demand after which a token is left to lapse. */
export type IdleAfter = (request: TokenRequest) => number;

export const idleByPolicy: IdleAfter = ({ client }) => client.options.renewal.idleAfter;

/** Where a quota runs low, tokens without recent demand lapse first. */
export function idleByQuota(isLow: (client: Client) => boolean): IdleAfter {
  return (request) => idleByPolicy(request) / (isLow(request.client) ? 4 : 1);
}
