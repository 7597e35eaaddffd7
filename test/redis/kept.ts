const cleanUps: (() => Promise<void>)[] = [];

/** What is started is stopped by `tidy`, the last first, also when a test fails. */
export function kept<T extends { stop(): Promise<void> }>(started: T): T {
  cleanUps.unshift(() => started.stop());
  return started;
}

/** For `afterEach` or `afterAll`. */
export async function tidy(): Promise<void> {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
}
