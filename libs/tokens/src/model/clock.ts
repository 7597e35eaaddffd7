/** Time, handed in by the constructor so that tests own it. */
export abstract class Clock {
  /** Milliseconds on a monotonic clock: lifetimes are counted on it. It says nothing about the time of day. */
  abstract now(): number;

  /** Milliseconds since 1970. It may jump: for what is shown or compared with others' clocks only. */
  abstract wallTime(): number;

  /** Does it after so many milliseconds, if the process is still there. */
  abstract after(milliseconds: number, act: () => void): void;
}

export class SystemClock extends Clock {
  now(): number {
    return performance.now();
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
