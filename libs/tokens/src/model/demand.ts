/** What caused a request for a token. */
export type Trigger = 'demand' | 'rejected' | 'schedule' | 'preload' | 'key_removed';

/** Who wants a token, and how good it must be: all in which a consumer's request and the renewal schedule differ. */
export interface Demand {
  trigger: Trigger;
  /** The consumer's name; undefined for the schedule. */
  consumer?: string;
  /** Milliseconds that the consumer insists on; undefined: the client's margin, waived rather than fail. */
  minTtl?: number;
  /** SHA-256 (hex) of a token that an API has refused. */
  rejected?: string;
}

/** Content with any token that still lives, except the rejected one. */
export function anyValid(rejected?: string): Demand {
  return { trigger: 'demand', minTtl: 0, rejected };
}
