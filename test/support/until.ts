import { setTimeout as pause } from 'node:timers/promises';

/** Asks until the answer is what is waited for. @throws Error when that takes more than 15 s */
export async function until(question: () => Promise<boolean>, what: string): Promise<void> {
  const deadline = performance.now() + 15_000;
  while (!(await question().catch(() => false))) {
    if (performance.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await pause(20);
  }
}
