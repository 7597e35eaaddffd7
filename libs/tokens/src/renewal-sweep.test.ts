import { describe, expect, it } from 'vitest';
import { someBroker } from '#test/some-broker.js';
import { someClient } from '#test/the.js';
import { RenewalPolicy } from './model/renewal-policy.js';
import { ScopeSet } from './model/scope-set.js';

/** Without jitter: due at 0.8 of the lifetime. */
const renewal = new RenewalPolicy({ at: 0.8, jitter: 0, minRemaining: 60_000, idleAfter: 3_600_000 });
const client = someClient({
  scopes: ScopeSet.parse(Array.from({ length: 300 }, (_, n) => `s${n}`).join(' ')),
  maxTokenRequestsPerMinute: 10_000,
  renewal,
});
const request = (n: number) => client.request(ScopeSet.parse(`s${n}`));

/** So many tokens, asked for at these distances in milliseconds. */
async function tokens(...distances: number[]) {
  const some = someBroker({ client });
  for (const [n, distance] of distances.entries()) {
    some.clock.advance(distance);
    await some.broker.tokenFor(request(n), { trigger: 'demand', consumer: 'order-service' });
  }
  const renewed = () => some.server.asked.length - distances.length;
  const firstDue = 0.8 * some.server.lifetime - distances.slice(1).reduce((sum, one) => sum + one, 0);
  return { ...some, renewed, firstDue };
}

describe('a sweep', () => {
  it('starts each renewal at its instant, though it takes out all until the next sweep', async () => {
    const { clock, sweep, events, renewed, firstDue } = await tokens(0, 300, 300);
    clock.advance(firstDue - 500);
    await sweep.sweep();
    const counts: number[] = [];
    for (const step of [499, 1, 299, 1]) {
      clock.advance(step);
      await sweep.settled();
      counts.push(renewed());
    }
    expect(counts).toEqual([0, 1, 1, 2]);
    await sweep.sweep();
    clock.advance(300);
    await sweep.settled();
    expect(renewed()).toBe(3);
    expect(events.of('renewal_due').map(({ lag }) => lag)).toEqual([0, 0, 0]);
  });

  it('starts what is overdue one after the other, so that it is no herd', async () => {
    const { clock, sweep, renewed, firstDue } = await tokens(...Array.from({ length: 300 }, () => 0));
    clock.advance(firstDue + 60_000);
    await sweep.sweep();
    const counts: number[] = [];
    for (const step of [0, 4, 4, 92, 900]) {
      clock.advance(step);
      await sweep.settled();
      counts.push(renewed());
    }
    expect(counts).toEqual([1, 2, 3, 26, 250]);
    await sweep.sweep();
    clock.advance(1_000);
    await sweep.settled();
    expect(renewed()).toBe(300);
  });

  it('gives back what has not begun when it stops', async () => {
    const { clock, sweep, schedule, server, renewed, firstDue } = await tokens(0);
    clock.advance(firstDue - 500);
    const dueAt = clock.now() + 500;
    void sweep.sweep();
    await sweep.stop();
    clock.advance(1_000);
    await sweep.settled();
    expect(renewed()).toBe(0);
    expect(await schedule.plannedAt([request(0)])).toEqual([dueAt]);
    expect(server.asked).toHaveLength(1);
  });
});
