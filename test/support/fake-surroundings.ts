import type { Surroundings } from '#client/token-broker-client.js';

/** Time and chance of a client: they stand still until a test moves them, and a pause is over as soon as it begins. */
export class FakeSurroundings implements Surroundings {
  /** The pauses taken, in milliseconds. */
  readonly pauses: number[] = [];
  chance = 0;
  #now = 1_000_000;

  readonly now = () => this.#now;
  readonly random = () => this.chance;

  readonly pause = async (milliseconds: number): Promise<void> => {
    this.pauses.push(milliseconds);
    this.advance(milliseconds);
  };

  /** @param milliseconds */
  advance(milliseconds: number): void {
    this.#now += milliseconds;
  }
}
