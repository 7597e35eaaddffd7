const minute = 60_000;

/** What happened in the last minute, as instants of the monotonic clock. What is older goes at next to no cost. */
export class LastMinute {
  readonly #instants: number[] = [];
  #oldest = 0;

  add(now: number): void {
    this.#instants.push(now);
  }

  count(now: number): number {
    while (this.#instants[this.#oldest]! <= now - minute) this.#oldest++;
    // Only once in a while, as it moves all that is left.
    if (this.#oldest > this.#instants.length / 2) {
      this.#instants.splice(0, this.#oldest);
      this.#oldest = 0;
    }
    return this.#instants.length - this.#oldest;
  }

  /** Milliseconds until fewer than `limit` are left. */
  waitFor(limit: number, now: number): number {
    if (this.count(now) < limit) return 0;
    return this.#instants.at(-limit)! + minute - now;
  }
}
