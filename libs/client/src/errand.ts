import { Setback } from './setback.js';
import type { Surroundings } from './surroundings.js';
import type { TokenBrokerError } from './token-broker-error.js';

/** One kind of request to the broker: under way once, however many want it, and left alone for a while when it failed. */
export class Errand<T> {
  readonly setback: Setback;
  #underWay: Promise<T> | undefined;

  constructor(surroundings: Surroundings) {
    this.setback = new Setback(surroundings);
  }

  /** Joins the one that is under way, or begins it. @throws TokenBrokerError */
  run(work: () => Promise<T>): Promise<T> {
    return (this.#underWay ??= this.#begin(work).finally(() => (this.#underWay = undefined)));
  }

  /** Begins it, or not: it is under way, or it failed lately. Nobody waits for it. */
  nudge(work: () => Promise<T>): void {
    if (this.#underWay === undefined && this.setback.current === undefined) this.run(work).catch(() => {});
  }

  async #begin(work: () => Promise<T>): Promise<T> {
    try {
      const outcome = await work();
      this.setback.clear();
      return outcome;
    } catch (error) {
      this.setback.note(error as TokenBrokerError);
      throw error;
    }
  }
}
