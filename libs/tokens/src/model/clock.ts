/** Time, passed to constructors so that tests own it. */
export abstract class Clock {
  /** Of the wall clock before the monotonic one, as used last. */
  #difference = -Infinity;

  /** Milliseconds on a monotonic clock: lifetimes are counted on it. It says nothing about the time of day. */
  abstract now(): number;

  /** Milliseconds since 1970. It may jump: only for what is shown or compared with others' clocks. */
  abstract wallTime(): number;

  /**
   * The wall clock counts whole milliseconds: one instant is the same time of day each time, unless the clocks part by more.
   * @param instant of the monotonic clock @returns milliseconds since 1970
   */
  wallTimeOf(instant: number): number {
    const difference = this.wallTime() - this.now();
    if (Math.abs(difference - this.#difference) > 2) this.#difference = difference;
    return this.#difference + instant;
  }

  /** Calls `act` after so many milliseconds, if the process still runs. */
  abstract after(milliseconds: number, act: () => void): void;
}

/** Milliseconds by which the wall clock must get ahead between two looks to count as a leap: NTP corrects less by slewing. */
const leastLeap = 1_000;

/**
 * A monotonic clock that counts the time for which the host slept. Linux stops CLOCK_MONOTONIC while a machine is
 * suspended or its virtual machine is paused, and authorization servers do not: when the wall clock leaps ahead of the
 * monotonic one, tokens age by the leap. A wall clock that is set back changes nothing.
 */
export class AgeingClock {
  #slept = 0;
  #difference: number;

  constructor(
    private readonly monotonic: () => number,
    private readonly wall: () => number,
  ) {
    this.#difference = wall() - monotonic();
  }

  now(): number {
    const monotonic = this.monotonic();
    const difference = this.wall() - monotonic;
    if (difference - this.#difference >= leastLeap) this.#slept += difference - this.#difference;
    this.#difference = difference;
    return monotonic + this.#slept;
  }
}

/** One for the process, as instants of all its parts are compared. */
const processTime = new AgeingClock(
  () => performance.now(),
  () => Date.now(),
);

export class SystemClock extends Clock {
  now(): number {
    return processTime.now();
  }

  wallTime(): number {
    return Date.now();
  }

  after(milliseconds: number, act: () => void): void {
    setTimeout(act, Math.ceil(milliseconds)).unref();
  }
}

/** A number from 0 (included) to 1 (excluded), as `Math.random` gives. */
export type Random = () => number;
