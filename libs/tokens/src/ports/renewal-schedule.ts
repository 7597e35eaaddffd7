import type { Trigger } from '../model/demand.js';
import type { TokenRequest } from '../model/token-request.js';

export interface DueRenewal {
  request: TokenRequest;
  /** Instant, in milliseconds of the monotonic clock. */
  dueAt: number;
  trigger: Trigger;
}

/** Which token is to be renewed when, and which are still asked for. Its cost follows what is due, not what exists. */
export abstract class RenewalSchedule {
  /** Sets when the token of this request is next renewed. */
  abstract plan(request: TokenRequest, at: number, trigger?: Trigger): Promise<void>;

  /** A consumer asked for it now. Plans its renewal where none is planned. Costs no input or output. */
  abstract noteDemand(request: TokenRequest, renewAt: number): void;

  /** These are renewed whether anybody asks for them or not, and no others. */
  abstract keep(requests: readonly TokenRequest[]): Promise<void>;

  /**
   * Takes out at most so many that are in use and due, or will be within `ahead` milliseconds; what has been idle for
   * too long lapses. The earliest come first.
   */
  abstract takeDue(limit: number, ahead: number): Promise<DueRenewal[]>;

  /** The token of this request is renewed no more. */
  abstract forget(request: TokenRequest): Promise<void>;
}
