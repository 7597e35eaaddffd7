import type { Clock } from '#tokens/model/clock.js';
import type { RedisState } from './circuit-breaker.js';

export interface StateReport {
  state: RedisState;
  reason: string | undefined;
  /** How many changes it stands for: more than one when the state flaps. */
  changes: number;
}

const minute = 60_000;

/** So many changes in a minute are reported at once: one outage and its end. */
const atOnce = 2;

/** What is said of the state of Redis: each change, and of a state that flaps one report a minute, with the count. */
export class StateReports {
  #reportedAt: number[] = [];
  #held: StateReport | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly report: (report: StateReport) => void,
  ) {}

  note(state: RedisState, reason?: string): void {
    const now = this.clock.now();
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
    this.#reportedAt.push(this.clock.now());
    this.report(report);
  }
}
