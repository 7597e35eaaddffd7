import { Clock } from '#tokens/model/clock.js';

/** A clock that stands still until a test moves it. */
export class FakeClock extends Clock {
  #now = 1_000_000;
  readonly #offset = Date.UTC(2026, 10, 23) - this.#now;
  #timers: { at: number; act: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  wallTime(): number {
    return this.#offset + this.#now;
  }

  after(milliseconds: number, act: () => void): void {
    this.#timers.push({ at: this.#now + milliseconds, act });
  }

  advance(milliseconds: number): void {
    this.#now += milliseconds;
    const over = this.#timers.filter(({ at }) => at <= this.#now);
    this.#timers = this.#timers.filter((timer) => !over.includes(timer));
    for (const { act } of over) act();
  }
}
