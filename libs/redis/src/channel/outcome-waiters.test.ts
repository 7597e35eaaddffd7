import { describe, expect, it } from 'vitest';
import { UpstreamFailure } from '#tokens/model/failures.js';
import { OutcomeWaiters } from './outcome-channel.js';

const failure = new UpstreamFailure('unavailable', 'it is down');

describe('OutcomeWaiters', () => {
  it('hands one outcome to all who wait for its key, and to nobody else', async () => {
    const waiters = new OutcomeWaiters();
    const all = Array.from({ length: 10_000 }, () => waiters.next('a', 60_000));
    const other = waiters.next('b', 60_000);
    waiters.wake('a', failure);
    expect(new Set(await Promise.all(all))).toEqual(new Set([failure]));
    expect(waiters.size).toBe(1);
    waiters.wakeAll();
    expect(await other).toBeUndefined();
    expect(waiters.size).toBe(0);
  });

  it('waits no longer than its patience, and keeps nobody who has gone', async () => {
    const waiters = new OutcomeWaiters();
    expect(await Promise.all([waiters.next('a', 1), waiters.next('a', 2)])).toEqual([undefined, undefined]);
    expect(waiters.size).toBe(0);
    waiters.wake('a', failure);
  });

  it('starts a new wait after each outcome', async () => {
    const waiters = new OutcomeWaiters();
    const first = waiters.next('a', 60_000).then(() => waiters.next('a', 60_000));
    waiters.wake('a');
    await Promise.resolve();
    await Promise.resolve();
    waiters.wake('a', failure);
    expect(await first).toBe(failure);
  });

  it('leaves no timer behind', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    const waiters = new OutcomeWaiters();
    const all = Array.from({ length: 1_000 }, () => waiters.next('a', 60_000));
    expect(timers()).toBe(before + 1_000);
    waiters.wake('a');
    await Promise.all(all);
    expect(timers()).toBe(before);
  });
});
