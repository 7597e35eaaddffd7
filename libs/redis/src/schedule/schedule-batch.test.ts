import { describe, expect, it } from 'vitest';
import { ScopeSet } from '#tokens/model/scope-set.js';
import { someClient } from '#test/the.js';
import { ScheduleBatch } from './schedule-batch.js';

const request = someClient().request(ScopeSet.parse('a'));
const plan = (at: number) => ({ request, at });
const tentative = (at: number, askedAt?: number) => ({ ...plan(at), askedAt });

describe('ScheduleBatch', () => {
  it('holds the last plan, the first tentative plan and the last demand', () => {
    const batch = new ScheduleBatch();
    for (const at of [1, 2]) batch.plan(plan(at));
    for (const [at, askedAt] of [
      [3, undefined],
      [4, 5],
      [6, undefined],
    ] as const)
      batch.planIfAbsent(tentative(at, askedAt));
    expect(batch.plans.get(request.key)?.at).toBe(2);
    expect(batch.tentative.get(request.key)).toMatchObject({ at: 3, askedAt: 5 });
    expect([...batch.requests]).toEqual([[request.key, request]]);
  });

  it('takes back what could not be written, except what has been noted anew', () => {
    const [unflushed, batch] = [new ScheduleBatch(), new ScheduleBatch()];
    unflushed.plan(plan(1));
    unflushed.planIfAbsent(tentative(2));
    batch.plan(plan(3));
    batch.putBack(unflushed);
    expect(batch.plans.get(request.key)?.at).toBe(3);
    expect(batch.tentative.get(request.key)?.at).toBe(2);
    batch.forget(request.key);
    expect(batch.isEmpty).toBe(true);
  });

  it('is bounded, and what it holds can still change', () => {
    const client = someClient();
    const batch = new ScheduleBatch();
    for (let n = 0; n < 10_001; n++) {
      batch.plan({ ...plan(n), request: client.request(ScopeSet.parse(`s${n}`)) });
    }
    expect(batch.plans.size).toBe(10_000);
    batch.plan({ ...plan(-1), request: client.request(ScopeSet.parse('s0')) });
    expect([...batch.plans.values()][0]!.at).toBe(-1);
  });
});
