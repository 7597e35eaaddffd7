import { beforeEach, describe, expect, it } from 'vitest';
import type { Clock } from '#tokens/clock.js';
import type { RenewalSchedule } from '#tokens/renewal-schedule.js';
import { ScopeSet } from '#tokens/scope-set.js';
import { someClient } from '../support/the.js';

interface Subject {
  schedule: RenewalSchedule;
  clock: Clock;
  pass(milliseconds: number): Promise<void> | void;
}

const client = someClient();
const [one, two, three] = ['a', 'b', 'c'].map((scope) => client.request(ScopeSet.parse(scope)));
const { idleAfter } = client.options.renewal;

/** What every RenewalSchedule promises. */
export function describeRenewalSchedule(name: string, make: () => Promise<Subject> | Subject): void {
  describe(`${name} as a RenewalSchedule`, () => {
    let subject: Subject;
    beforeEach(async () => {
      subject = await make();
    });
    const due = async (limit = 10) =>
      (await subject.schedule.takeDue(limit)).map(({ request }) => request.key);

    it('gives out what is due, the earliest first, each once, and no more than asked for', async () => {
      const { schedule, clock, pass } = subject;
      await schedule.plan(one!, clock.now() + 3_000);
      await schedule.plan(two!, clock.now() + 1_000);
      await schedule.plan(three!, clock.now() + 9_000);
      expect(await due()).toEqual([]);
      await pass(5_000);
      expect(await due(1)).toEqual([two!.key]);
      expect(await due()).toEqual([one!.key]);
      expect(await due()).toEqual([]);
    });

    it('lets a later plan take the place of an earlier one', async () => {
      const { schedule, clock, pass } = subject;
      await schedule.plan(one!, clock.now() + 1_000);
      await schedule.plan(one!, clock.now() + 5_000);
      await pass(2_000);
      expect(await due()).toEqual([]);
      await pass(3_000);
      expect(await due()).toEqual([one!.key]);
    });

    it('lets lapse what nobody has asked for within idleAfter', async () => {
      const { schedule, clock, pass } = subject;
      await schedule.plan(one!, clock.now() + idleAfter + 2_000);
      await schedule.plan(two!, clock.now() + idleAfter + 2_000);
      await pass(5_000);
      schedule.noteDemand(two!, clock.now());
      await pass(idleAfter - 1_000);
      expect(await due()).toEqual([two!.key]);
    });

    it('plans what is asked for and not planned, and nothing twice', async () => {
      const { schedule, clock, pass } = subject;
      schedule.noteDemand(one!, clock.now() + 1_000);
      schedule.noteDemand(one!, clock.now());
      expect(await due()).toEqual([]);
      await pass(1_000);
      expect(await due()).toEqual([one!.key]);
    });

    it('keeps what is preloaded, due at once and never idle, until it is kept no more', async () => {
      const { schedule, clock, pass } = subject;
      await schedule.keep([one!]);
      expect((await schedule.takeDue(10)).map(({ trigger }) => trigger)).toEqual(['preload']);
      await schedule.plan(one!, clock.now() + 2 * idleAfter);
      await pass(2 * idleAfter);
      expect((await schedule.takeDue(10)).map(({ trigger }) => trigger)).toEqual(['schedule']);
      await schedule.plan(one!, clock.now() + 1_000);
      await schedule.keep([]);
      await pass(1_000);
      expect(await due()).toEqual([]);
    });

    it('gives out nothing that is forgotten', async () => {
      const { schedule, clock, pass } = subject;
      await schedule.plan(one!, clock.now() + 1_000);
      await schedule.forget(one!);
      await pass(1_000);
      expect(await due()).toEqual([]);
    });
  });
}
