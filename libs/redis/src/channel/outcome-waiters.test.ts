import { describe, expect, it } from 'vitest';
import { UpstreamFailure } from '#tokens/model/failures.js';
import { OutcomeWaiters } from './outcome-channel.js';

const failure = new UpstreamFailure('unavailable', 'it is down');
/** Of the clock of Redis. */
const since = Date.UTC(2026, 10, 23);
const failed = { failure, at: since + 5 };

describe('OutcomeWaiters', () => {
  it('gives one outcome to all that wait for its key, and to no others', async () => {
    const waiters = new OutcomeWaiters();
    const all = Array.from({ length: 10_000 }, () => waiters.next('a', 60_000, since));
    const other = waiters.next('b', 60_000, since);
    waiters.wake('a', failed);
    expect(new Set(await Promise.all(all))).toEqual(new Set([failure]));
    expect(waiters.size).toBe(1);
    waiters.wakeAll();
    expect(await other).toBeUndefined();
    expect(waiters.size).toBe(0);
  });

  it('waits no longer than its timeout, and keeps no one that has gone', async () => {
    const waiters = new OutcomeWaiters();
    expect(await Promise.all([1, 2].map((timeout) => waiters.next('a', timeout, since)))).toEqual([
      undefined,
      undefined,
    ]);
    expect(waiters.size).toBe(0);
    waiters.wake('a', failed);
  });

  it('starts a new wait after each outcome', async () => {
    const waiters = new OutcomeWaiters();
    const first = waiters.next('a', 60_000, since).then(() => waiters.next('a', 60_000, since));
    waiters.wake('a');
    await Promise.resolve();
    await Promise.resolve();
    waiters.wake('a', failed);
    expect(await first).toBe(failure);
  });

  it('passes on no failure from before it began, and none without an instant', async () => {
    const waiters = new OutcomeWaiters();
    for (const at of [since - 60_000, undefined]) {
      const waiting = waiters.next('a', 60_000, since);
      waiters.wake('a', { failure, at });
      expect(await waiting).toBeUndefined();
    }
  });

  it('leaves no timer behind', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    const waiters = new OutcomeWaiters();
    const all = Array.from({ length: 1_000 }, () => waiters.next('a', 60_000, since));
    expect(timers()).toBe(before + 1_000);
    waiters.wake('a');
    await Promise.all(all);
    expect(timers()).toBe(before);
  });
});
