import { setTimeout as pause } from 'node:timers/promises';

/** Asks until the answer is what is waited for. @throws Error when that takes longer than the milliseconds given */
export async function until(question: () => Promise<boolean>, what: string, within = 30_000): Promise<void> {
  const deadline = performance.now() + within;
  while (!(await question().catch(() => false))) {
    if (performance.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await pause(20);
  }
}
