/** What a client takes from its environment, and tests replace. */
export interface Runtime {
  /** Milliseconds on a monotonic clock. */
  now: () => number;
  /** From 0 (included) to 1 (excluded). */
  random: () => number;
  /** Resolves after so many milliseconds. */
  sleep: (milliseconds: number) => Promise<void>;
}

export const systemRuntime: Runtime = {
  now: () => performance.now(),
  random: Math.random,
  // The timer keeps the process alive, as a caller awaits it: without it a script would end in the middle of an await.
  sleep: (milliseconds) =>
    new Promise((resolve) => {
      setTimeout(resolve, milliseconds);
    }),
};
