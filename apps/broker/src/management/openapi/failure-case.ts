import type { Failure } from '#tokens/model/failures.js';

/** A way in which there is no token, by an example of it. */
export interface FailureCase {
  when: string;
  /** What the caller, or who runs the broker, does about it. */
  advice: string;
  failure: Failure;
  /** Only where HTTP has one for it: else the table of failures knows. */
  status?: number;
}
