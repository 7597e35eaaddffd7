import { beforeEach, describe, expect, it } from 'vitest';
import { historyPeriod, periodOf, periodsKept, type RenewalHistory } from '#tokens/ports/renewal-history.js';
import type { FakeClock } from '#test/fake-clock.js';

interface Subject {
  history: RenewalHistory;
  clock: FakeClock;
}

/** What every RenewalHistory promises. */
export function describeRenewalHistory(name: string, make: () => Promise<Subject> | Subject): void {
  describe(`${name} as a RenewalHistory`, () => {
    let subject: Subject;
    beforeEach(async () => {
      subject = await make();
    });
    const now = () => periodOf(subject.clock.wallTime());
    const add = (id: string, period: number, renewed: number, failed = 0) =>
      subject.history.add([{ id, period, renewed, failed }]);

    it('returns the half hours of each token, the earliest first, and none of an unknown one', async () => {
      await add('a', now(), 1);
      await add('a', now() - 2, 0, 3);
      await add('b', now(), 2);
      expect(await subject.history.of(['b', 'unknown', 'a'])).toEqual([
        [{ period: now(), renewed: 2, failed: 0 }],
        [],
        [
          { period: now() - 2, renewed: 0, failed: 3 },
          { period: now(), renewed: 1, failed: 0 },
        ],
      ]);
    });

    it('adds up what is counted at different times and by different callers', async () => {
      const period = now();
      await Promise.all(Array.from({ length: 20 }, () => add('a', period, 1, 2)));
      await subject.history.add([
        { id: 'a', period, renewed: 5, failed: 0 },
        { id: 'a', period, renewed: 5, failed: 0 },
      ]);
      expect(await subject.history.of(['a'])).toEqual([[{ period, renewed: 30, failed: 40 }]]);
    });

    it('keeps a day and no more, however often a token is renewed', async () => {
      const { history, clock } = subject;
      const first = now();
      for (let n = 0; n < periodsKept + 10; n++) {
        await add('a', now(), 1);
        clock.advance(historyPeriod);
      }
      const [kept] = await history.of(['a']);
      expect(kept!.map(({ period }) => period)).toEqual(
        Array.from({ length: periodsKept - 1 }, (_, n) => first + 11 + n),
      );
      clock.advance(periodsKept * historyPeriod);
      expect(await history.of(['a'])).toEqual([[]]);
    });
  });
}
