import type { Runtime } from '#client/token-broker-client.js';

/** Time and randomness of a client: they stand still until a test moves them, and a sleep ends at once. */
export class FakeRuntime implements Runtime {
  /** The sleeps taken, in milliseconds. */
  readonly sleeps: number[] = [];
  chance = 0;
  #now = 1_000_000;

  readonly now = () => this.#now;
  readonly random = () => this.chance;

  readonly sleep = async (milliseconds: number): Promise<void> => {
    this.sleeps.push(milliseconds);
    this.advance(milliseconds);
  };

  /** @param milliseconds */
  advance(milliseconds: number): void {
    this.#now += milliseconds;
  }
}
