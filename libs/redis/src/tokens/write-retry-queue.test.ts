import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { someRequest } from '#test/leases.js';
import { someToken } from '#test/some-token.js';
import { WriteRetryQueue } from './write-retry-queue.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('a token that could not be written', () => {
  it('is tried again until it is, and then no more', async () => {
    const written: number[] = [];
    let fails = 2;
    const unwritten = new WriteRetryQueue(async (_request, { generation }) => {
      if (fails-- > 0) throw new Error('it cannot be written');
      written.push(generation);
    });
    unwritten.add(someRequest(), someToken(0, { generation: 1 }));
    await vi.advanceTimersByTimeAsync(1_400);
    expect(written).toEqual([]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(written).toEqual([1]);
  });

  it('gives way to its successor', async () => {
    const written: number[] = [];
    const unwritten = new WriteRetryQueue(async (_request, { generation }) => void written.push(generation));
    const request = someRequest();
    unwritten.add(request, someToken(0, { generation: 1 }));
    unwritten.add(request, someToken(0, { generation: 2 }));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(written).toEqual([2]);
  });

  it('holds up no other', async () => {
    const [bad, good] = [someRequest(), someRequest()];
    const written: string[] = [];
    const unwritten = new WriteRetryQueue(async ({ key }) => {
      if (key === bad.key) throw new Error('it cannot be written');
      written.push(key);
    });
    unwritten.add(bad, someToken(0));
    unwritten.add(good, someToken(0));
    await vi.advanceTimersByTimeAsync(600);
    expect(written).toEqual([good.key]);
  });
});
