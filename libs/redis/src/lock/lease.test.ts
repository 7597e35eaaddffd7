import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SystemClock } from '#tokens/model/clock.js';
import { UpstreamFailure } from '#tokens/model/failures.js';
import { type LockHandle, RedisLease, lockValidity } from './lease.js';

type Answer = Awaited<ReturnType<LockHandle['extend']>>;

class FakeHandle implements LockHandle {
  answer: Answer | Promise<Answer> = 'extended';
  readonly calls: unknown[] = [];

  async extend(): Promise<Answer> {
    this.calls.push('extend');
    return this.answer;
  }

  async release(failure?: UpstreamFailure): Promise<void> {
    this.calls.push(['release', failure]);
  }

  lost(): void {
    this.calls.push('lost');
  }
}

describe('RedisLease', () => {
  const clock = new SystemClock();
  let handle: FakeHandle;
  beforeEach(() => {
    // What has arrived is read first: in the test too the event loop takes its turn.
    vi.useFakeTimers({
      toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'],
    });
    handle = new FakeHandle();
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });
  async function pass(milliseconds: number): Promise<void> {
    await vi.advanceTimersByTimeAsync(milliseconds);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const someLease = () => new RedisLease(7, handle, clock, clock.now());

  it('extends its lock each second for as long as it is held', async () => {
    const lease = someLease();
    await pass(60_000);
    expect(handle.calls).toHaveLength(60);
    expect(lease.signal.aborted).toBe(false);
    await lease.release();
  });

  it('is given back once, with the failure, and leaves no timer', async () => {
    const failure = new UpstreamFailure('unavailable', 'down');
    const lease = someLease();
    await lease.release(failure);
    await lease.release();
    expect(handle.calls).toEqual([['release', failure]]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('survives an extension that failed', async () => {
    const lease = someLease();
    handle.answer = 'unknown';
    await pass(1_000);
    handle.answer = 'extended';
    await pass(4_000);
    expect(lease.signal.aborted).toBe(false);
    await lease.release();
  });

  it('is over when its lock may be another’s, and not a millisecond later', async () => {
    handle.answer = 'unknown';
    const lease = someLease();
    await pass(lockValidity - 1);
    expect(lease.signal.aborted).toBe(false);
    await pass(1);
    expect(lease.signal.aborted).toBe(true);
    expect(handle.calls.at(-1)).toBe('lost');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('counts its time from when the lock was asked for, and from when an extension was', async () => {
    const lease = new RedisLease(7, handle, clock, clock.now() - 500);
    const { promise, resolve } = Promise.withResolvers<Answer>();
    handle.answer = promise;
    await pass(1_400);
    resolve('extended');
    handle.answer = 'unknown';
    await pass(lockValidity - 400 - 1);
    expect(lease.signal.aborted).toBe(false);
    await pass(1);
    expect(lease.signal.aborted).toBe(true);
  });

  it('is over at once when the lock is not ours any more, and then gives nothing back', async () => {
    handle.answer = 'lost';
    const lease = someLease();
    await pass(1_000);
    expect(lease.signal.aborted).toBe(true);
    await lease.release(new UpstreamFailure('unavailable', 'of no interest any more'));
    expect(handle.calls).toEqual(['extend', 'lost']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('asks for no extension after a pause of the whole process', async () => {
    const lease = someLease();
    vi.spyOn(clock, 'now').mockReturnValue(clock.now() + 60_000);
    await pass(1_000);
    expect(lease.signal.aborted).toBe(true);
    expect(handle.calls).toEqual(['lost']);
  });

  it('does not mind the answer to an extension that comes after it was given back', async () => {
    const { promise, resolve } = Promise.withResolvers<Answer>();
    handle.answer = promise;
    const lease = someLease();
    await pass(1_000);
    await lease.release();
    resolve('lost');
    await pass(5_000);
    expect(lease.signal.aborted).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });
});
