import { beforeEach, describe, expect, it } from 'vitest';
import type { Clock } from '#tokens/model/clock.js';
import type { PlannedRenewals, RenewalSchedule } from '#tokens/ports/renewal-schedule.js';
import { ScopeSet } from '#tokens/model/scope-set.js';
import { someClient } from '#test/the.js';

interface Subject {
  schedule: RenewalSchedule & Pick<PlannedRenewals, 'list' | 'plannedAt'>;
  /** Hands over what is still to be written. */
  flush?(): Promise<void>;
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
      (await subject.schedule.takeDue(limit, 0)).map(({ request }) => request.key);

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

    it('gives out ahead of time what will be due soon, and tells when', async () => {
      const { schedule, clock } = subject;
      await schedule.plan(one!, clock.now() + 3_000);
      await schedule.plan(two!, clock.now() + 1_000);
      const [first, ...others] = await schedule.takeDue(10, 2_000);
      expect(others).toEqual([]);
      expect(first!.request.key).toBe(two!.key);
      expect(Math.abs(first!.dueAt - clock.now() - 1_000)).toBeLessThan(500);
    });

    it('lists all that is planned in pages, each once, many of the same instant too', async () => {
      const { schedule, clock } = subject;
      const at = clock.now() + 60_000;
      const scopes = Array.from({ length: 7 }, (_, n) => client.request(ScopeSet.parse(`scope-${n}`)));
      for (const request of scopes) await schedule.plan(request, at);
      await schedule.plan(one!, clock.now() + 90_000);
      await subject.flush?.();
      const found: { key: string; at: number | undefined }[] = [];
      let next: string | undefined = '';
      for (let pages = 0; next !== undefined && pages < 9; pages++) {
        const page = await schedule.list(2, next);
        expect(page.planned.length).toBeLessThanOrEqual(2);
        found.push(...page.planned.map(({ request, at: dueAt }) => ({ key: request.key, at: dueAt })));
        next = page.next;
      }
      const keys = [...scopes, one!].map(({ key }) => key);
      expect(found.map(({ key }) => key).toSorted()).toEqual(keys.toSorted());
      const last = found.find(({ key }) => key === one!.key)!.at!;
      expect(Math.abs(last - clock.now() - 90_000)).toBeLessThan(1_000);
      const [planned, unknown] = await schedule.plannedAt([scopes[0]!, two!]);
      expect(Math.abs(planned! - at)).toBeLessThan(1_000);
      expect(unknown).toBeUndefined();
      expect((await schedule.list(100, 'not a place')).planned).toHaveLength(
        (await schedule.list(100)).planned.length,
      );
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
      expect((await schedule.takeDue(10, 0)).map(({ trigger }) => trigger)).toEqual(['preload']);
      await schedule.plan(one!, clock.now() + 2 * idleAfter);
      await pass(2 * idleAfter);
      expect((await schedule.takeDue(10, 0)).map(({ trigger }) => trigger)).toEqual(['schedule']);
      await schedule.plan(one!, clock.now() + 1_000);
      await schedule.keep([]);
      await pass(1_000);
      expect(await due()).toEqual([]);
    });

    it('has due at once what is preloaded again after it was not, as a secret that was wrong for a while causes', async () => {
      const { schedule, clock } = subject;
      await schedule.keep([one!]);
      await schedule.takeDue(10, 0);
      await schedule.plan(one!, clock.now() + 2 * idleAfter);
      await schedule.keep([two!]);
      await schedule.keep([one!]);
      expect(await due()).toContain(one!.key);
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
