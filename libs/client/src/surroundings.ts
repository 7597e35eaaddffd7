/** Time, chance and network: what a client finds around itself, and what tests own. */
export interface Surroundings {
  /** Milliseconds on a monotonic clock. */
  now: () => number;
  /** From 0 (included) to 1 (excluded). */
  random: () => number;
  /** Waits for so many milliseconds. */
  pause: (milliseconds: number) => Promise<void>;
}

export const systemSurroundings: Surroundings = {
  now: () => performance.now(),
  random: Math.random,
  // It holds the process, as somebody waits for it: else a script would end in the middle of an await.
  pause: (milliseconds) =>
    new Promise((resolve) => {
      setTimeout(resolve, milliseconds);
    }),
};
