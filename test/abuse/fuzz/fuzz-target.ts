export interface Fuzzed {
  /** How many there were. */
  inputs: number;
  /** How many of them were taken for right ones. */
  accepted: number;
}

/** A parser or a port that has to stand whatever is thrown at it. */
export interface FuzzTarget {
  /** As the title of the test names it. */
  readonly name: string;
  /** How many inputs it gets in a minute's run. */
  readonly inputs: number;
  /**
   * Throws that many inputs at it, drawn from the seed.
   * @throws Error that shows the input, when it does not stand it
   */
  fuzz(seed: number, inputs: number): Promise<Fuzzed>;
}
