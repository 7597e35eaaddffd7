/** Milliseconds between two readings of the clock below. */
const step = 5;

/**
 * How long something took on a clock that stands still while this process is not run: on a machine that is busy with
 * others, what must be quick would take as long as they please by any other clock.
 */
export async function timed<T>(asking: Promise<T>): Promise<{ answer: T; took: number }> {
  let took = 0;
  // However long this process was held up, that is one step.
  const clock = setInterval(() => (took += step), step);
  try {
    const answer = await asking;
    return { answer, took };
  } finally {
    clearInterval(clock);
  }
}
