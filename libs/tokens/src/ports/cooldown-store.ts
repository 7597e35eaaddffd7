import type { CooldownScope, UpstreamFailure } from '../model/failures.js';

/** What a cool-down holds back: a client, one of its credentials, or one of its requests. */
export interface CooldownTarget {
  scope: CooldownScope;
  /** The client's identity. */
  client: string;
  /** The version of the credential, or the key of the request. */
  name?: string;
}

/** The key of the request among targets of an attempt. */
export function keyIn(targets: readonly CooldownTarget[]): string | undefined {
  return targets.find(({ scope }) => scope === 'request')?.name;
}

/** One name for it. */
export function nameOf({ scope, client, name = '' }: CooldownTarget): string {
  return `${scope}:${client}:${name}`;
}

export interface Cooldown {
  target: CooldownTarget;
  /** Milliseconds until it is worth asking again. */
  remaining: number;
  failure: UpstreamFailure;
}

/** Milliseconds after which it is worth asking again while an attempt is under way: its success lets all in at once. */
export const probePoll = 1_000;

export interface FailedAttempt {
  /** The key of the request that failed. */
  key?: string;
  /** The fault may be this replica's: it holds back no other. */
  isOwnFault?: boolean;
}

/**
 * Who must not ask the authorization server for a while. Once a cool-down is over, one attempt at a time goes through
 * until it has succeeded: so the end of a cool-down is no herd, and a refused credential is not tried by many at once.
 * The attempts alternate between the requests that wait (see `Turns`).
 */
export abstract class CooldownStore {
  /**
   * For targets of one client. Undefined: go ahead. Of callers for targets that have failed before it is the only one, for
   * `lease` milliseconds or until it reports `failed` or `succeeded`.
   */
  abstract admit(targets: readonly CooldownTarget[], lease: number): Promise<Cooldown | undefined>;

  /** Those of them that have failed and not succeeded since. What remains of a cool-down that is over is 0 or less. */
  abstract look(targets: readonly CooldownTarget[]): Promise<Cooldown[]>;

  /**
   * Starts a cool-down. `delay` gives its milliseconds from the number of failures in a row, this one included.
   */
  abstract failed(
    target: CooldownTarget,
    failure: UpstreamFailure,
    delay: (failures: number) => number,
    attempt?: FailedAttempt,
  ): Promise<number>;

  /** Their failures are forgotten. */
  abstract succeeded(targets: readonly CooldownTarget[]): Promise<void>;

  /** The settings have changed: requests refused under the old ones may be tried again. */
  abstract forgetRequests(): Promise<void>;
}
