/** Called for each operation that Redis failed, and that was done without it. */
export type OnFallback = (operation: string, cause: unknown) => void;

/** For what must not fail with Redis: does it there, or else in the way of a replica that is alone. */
export async function withFallback<T>(
  operation: string,
  shared: () => Promise<T>,
  local: () => T | Promise<T>,
  onFallback: OnFallback,
): Promise<T> {
  try {
    return await shared();
  } catch (cause) {
    onFallback(operation, cause);
    return local();
  }
}
