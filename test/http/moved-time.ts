import { SystemClock } from '#tokens/model/clock.js';
import { vi } from 'vitest';

/** The clock of everything in this process, which a test may set forward; it goes on running. */
export class MovedTime {
  #ahead = 0;
  readonly #spies;

  constructor() {
    const { now, wallTime } = SystemClock.prototype;
    this.#spies = [
      vi.spyOn(SystemClock.prototype, 'now').mockImplementation(() => now() + this.#ahead),
      vi.spyOn(SystemClock.prototype, 'wallTime').mockImplementation(() => wallTime() + this.#ahead),
    ];
  }

  forward(milliseconds: number): void {
    this.#ahead += milliseconds;
  }

  restore(): void {
    for (const spy of this.#spies) spy.mockRestore();
  }
}
