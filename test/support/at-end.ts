import { afterAll } from 'vitest';

/** Has something stopped later: `onTestFinished`, or what `atEndOfAll` returns. */
export type AtEnd = (end: () => Promise<void>) => void;

/** For what a `beforeAll` starts: it is stopped after all tests of the file or of the `describe` this is called in, last first. */
export function atEndOfAll(): AtEnd {
  const ends: (() => Promise<void>)[] = [];
  afterAll(async () => {
    for (const end of ends) await end();
  });
  return (end) => void ends.unshift(end);
}
