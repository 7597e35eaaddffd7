import type { Clock } from '#tokens/model/clock.js';
import type { RedisState } from './circuit-breaker.js';

export interface StateReport {
  state: RedisState;
  reason: string | undefined;
  /** How many changes it stands for: more than one when the state flaps. */
  changes: number;
}

const minute = 60_000;

/** Why a server that is starting cannot be used. All else does not mend itself, and is reported at once. */
const startsYet: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ETIMEDOUT',
  'timeout',
  'disconnected',
  'LOADING',
  'CLUSTERDOWN',
]);

/** So many changes in a minute are reported at once: one outage and its end. */
const atOnce = 2;

/**
 * What is said of the state of Redis: each change, and of a state that flaps one report a minute, with the count. During
 * the start a server that may be starting, too, is not reported.
 */
export class StateReports {
  #reportedAt: number[] = [];
  #held: StateReport | undefined;
  #reported: RedisState = 'up';
  #isStarting = true;
  /** Why the server does not take connections, when that does not mend itself: what fails afterwards is only lost. */
  #connectFault: string | undefined;
  #reportedReason: string | undefined;
  /** The last state during the start. */
  #atStart: { state: RedisState; reason: string | undefined } | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly report: (report: StateReport) => void,
  ) {}

  /**
   * Ends the grace of the start: a Redis that starts beside this process is not down. What is wrong by now is reported.
   * @param isReady all connections stand: what failed before they did is over
   */
  started(isReady = false): void {
    if (!this.#isStarting) return;
    this.#isStarting = false;
    if (this.#atStart === undefined) return;
    const { state, reason } = this.#atStart;
    if (state === 'up' || !isReady || !startsYet.has(reason ?? '')) this.note(state, reason);
  }

  /** Often known only after the state has been reported. */
  connectFailed(reason: string): void {
    this.#connectFault = startsYet.has(reason) ? undefined : reason;
    if (this.#connectFault === undefined || reason === this.#reportedReason) return;
    if (this.#isStarting && this.#atStart?.state === 'down') this.note('down', reason);
    else if (this.#held === undefined && this.#reported === 'down')
      this.#emit({ state: 'down', reason, changes: 1 });
  }

  note(state: RedisState, cause?: string): void {
    if (state === 'up') this.#connectFault = undefined;
    const reason = (state === 'down' ? this.#connectFault : undefined) ?? cause;
    if (this.#isStarting && (state === 'up' || startsYet.has(reason ?? ''))) {
      this.#atStart = { state, reason };
      return;
    }
    const now = this.clock.now();
    if (this.#held === undefined && state === this.#reported) return;
    if (this.#held !== undefined) {
      this.#held = { state, reason: reason ?? this.#held.reason, changes: this.#held.changes + 1 };
      return;
    }
    this.#reportedAt = this.#reportedAt.filter((instant) => now - instant < minute);
    if (this.#reportedAt.length < atOnce) return this.#emit({ state, reason, changes: 1 });
    this.#held = { state, reason, changes: 1 };
    this.clock.after(minute - (now - this.#reportedAt[0]!), () => {
      const held = this.#held!;
      this.#held = undefined;
      this.#reportedAt = [];
      this.#emit(held);
    });
  }

  #emit(report: StateReport): void {
    this.#reported = report.state;
    this.#reportedReason = report.reason;
    this.#reportedAt.push(this.clock.now());
    this.report(report);
  }
}
