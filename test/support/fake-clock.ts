import { Clock } from '#tokens/clock.js';

/** A clock that stands still until a test moves it. */
export class FakeClock extends Clock {
  #now = 1_000_000;
  readonly #offset = Date.UTC(2026, 10, 23) - this.#now;

  now(): number {
    return this.#now;
  }

  wallTime(): number {
    return this.#offset + this.#now;
  }

  advance(milliseconds: number): void {
    this.#now += milliseconds;
  }
}
