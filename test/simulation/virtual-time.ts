import TinyQueue from 'tinyqueue';
import { Clock } from '#tokens/model/clock.js';

interface Turn {
  at: number;
  order: number;
  act: () => void;
}

/** Time that passes only when nothing is left to do: an hour of a thousand replicas takes seconds, and is the same each run. */
export class VirtualTime extends Clock {
  readonly #turns = new TinyQueue<Turn>([], (a, b) => a.at - b.at || a.order - b.order);
  #now = 0;
  #order = 0;

  now(): number {
    return this.#now;
  }

  wallTime(): number {
    return this.#now;
  }

  /** Rounded up to whole milliseconds. */
  after(milliseconds: number, act: () => void): void {
    this.#turns.push({ at: Math.ceil(this.#now + milliseconds), order: this.#order++, act });
  }

  sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => this.after(milliseconds, resolve));
  }

  /** Lets so much time pass. All that comes of an instant is done before the next one comes. */
  async pass(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds;
    await settled();
    for (let next = this.#turns.peek(); next !== undefined && next.at <= end; next = this.#turns.peek()) {
      this.#now = next.at;
      while (this.#turns.peek()?.at === this.#now) this.#turns.pop()!.act();
      await settled();
    }
    this.#now = end;
  }
}

/** Resolves when all that could run without a timer has run. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
