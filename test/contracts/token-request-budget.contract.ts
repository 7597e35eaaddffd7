import { beforeEach, describe, expect, it } from 'vitest';
import type { TokenRequestBudget } from '#tokens/ports/token-request-budget.js';
import { ScopeSet } from '#tokens/model/scope-set.js';
import type { Demand } from '#tokens/model/demand.js';
import { someClient } from '#test/the.js';

interface Subject {
  budget: TokenRequestBudget;
  pass(milliseconds: number): Promise<void> | void;
}

const scopes = ScopeSet.parse('api:partner');
const request = someClient({ maxTokenRequestsPerMinute: 12 }).request(scopes);
const schedule: Demand = { trigger: 'schedule' };
const demandOf = (consumer: string): Demand => ({ trigger: 'demand', consumer });

/** What every TokenRequestBudget promises. A minute may last up to a half longer. */
export function describeTokenRequestBudget(name: string, make: () => Promise<Subject> | Subject): void {
  describe(`${name} as a TokenRequestBudget`, () => {
    let subject: Subject;
    beforeEach(async () => {
      subject = await make();
    });
    /** How many of so many attempts are granted. */
    const granted = async (attempts: number, demand: Demand, by = request) => {
      let count = 0;
      for (let n = 0; n < attempts; n++) {
        if ((await subject.budget.take(by, demand)) === undefined) count++;
      }
      return count;
    };

    it('grants all of it to renewals, and tells when the next is worth asking for', async () => {
      const { budget, pass } = subject;
      expect(await granted(12, schedule)).toBe(12);
      const wait = (await budget.take(request, schedule))!;
      expect(wait).toBeGreaterThan(0);
      expect(wait).toBeLessThanOrEqual(90_000);
      await pass(wait);
      expect(await budget.take(request, schedule)).toBeUndefined();
    });

    it('tells how many of the last minute it has granted', async () => {
      const { budget, pass } = subject;
      expect(budget.used(request.client)).toBe(0);
      await granted(20, demandOf('a'));
      expect(budget.used(request.client)).toBe(6);
      await granted(20, demandOf('b'));
      expect(budget.used(request.client)).toBe(9);
      await granted(20, schedule);
      expect(budget.used(request.client)).toBe(12);
      await pass(90_000);
      expect(budget.used(request.client)).toBe(0);
    });

    it('sets a quarter aside for renewals', async () => {
      expect(await granted(5, demandOf('a'))).toBe(5);
      expect(await granted(5, demandOf('b'))).toBe(4);
      expect(await granted(9, schedule)).toBe(3);
    });

    it('leaves renewals nothing aside of what they have used', async () => {
      expect(await granted(10, schedule)).toBe(10);
      expect(await granted(1, demandOf('a'))).toBe(0);
      expect(await granted(9, schedule)).toBe(2);
    });

    it('grants one consumer at most half', async () => {
      expect(await granted(9, demandOf('a'))).toBe(6);
      expect(await granted(9, { trigger: 'rejected', consumer: 'a' })).toBe(0);
      expect(await granted(9, demandOf('b'))).toBe(3);
    });

    it('grants a consumer that reports a rejected token what is set aside for renewals', async () => {
      expect(await granted(6, demandOf('a'))).toBe(6);
      expect(await granted(9, demandOf('b'))).toBe(3);
      expect(await granted(9, { trigger: 'rejected', consumer: 'b' })).toBe(3);
    });

    it('does not count what it refuses', async () => {
      const { budget, pass } = subject;
      await granted(100, demandOf('a'));
      await granted(100, demandOf('b'));
      expect(await granted(100, schedule)).toBe(3);
      await pass((await budget.take(request, schedule))!);
      expect(await granted(1, schedule)).toBe(1);
    });

    it('counts each client by itself, and grants even the smallest budget', async () => {
      const [one, other] = ['one', 'other'].map((clientId) =>
        someClient({ name: clientId, clientId, maxTokenRequestsPerMinute: 1 }).request(scopes),
      );
      expect(await granted(3, demandOf('a'), one)).toBe(1);
      expect(await granted(3, demandOf('a'), other)).toBe(1);
    });

    it('grants never more than all of it in any minute', async () => {
      const grants: number[] = [];
      let now = 0;
      for (const [n, step] of Array.from({ length: 120 }, (_, at) => (at * 7_919) % 9_000).entries()) {
        await subject.pass(step);
        now += step;
        const more = await granted(1 + (n % 3), schedule);
        grants.push(...Array.from({ length: more }, () => now));
        const lastMinute = grants.filter((at) => at > now - 60_000);
        expect(lastMinute.length).toBeLessThanOrEqual(12);
      }
      expect(grants.length).toBeGreaterThan(70);
    });
  });
}
