import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ChannelTrust } from './subscription-health.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function someTrust() {
  const changes: boolean[] = [];
  const catchUps: PromiseWithResolvers<void>[] = [];
  const trust = new ChannelTrust(
    {
      onTrust: (trusted) => changes.push(trusted),
      catchUp: () => {
        const catchUp = Promise.withResolvers<void>();
        catchUps.push(catchUp);
        return catchUp.promise;
      },
    },
    1_000,
  );
  const settle = () => vi.advanceTimersByTimeAsync(0);
  return { trust, changes, catchUps, settle };
}

describe('ChannelTrust', () => {
  it('is gained when heartbeats come back and what was missed is made up for', async () => {
    const { trust, changes, catchUps, settle } = someTrust();
    trust.heard();
    trust.heard();
    expect(trust.trusted).toBe(false);
    expect(catchUps).toHaveLength(1);
    catchUps[0]!.resolve();
    await settle();
    expect(trust.trusted).toBe(true);
    expect(changes).toEqual([true]);
  });

  it('is lost after a second of silence, and gained anew by catching up again', async () => {
    const { trust, changes, catchUps, settle } = someTrust();
    trust.heard();
    catchUps[0]!.resolve();
    await settle();
    await vi.advanceTimersByTimeAsync(999);
    trust.heard();
    await vi.advanceTimersByTimeAsync(999);
    expect(trust.trusted).toBe(true);
    await vi.advanceTimersByTimeAsync(10);
    expect(trust.trusted).toBe(false);
    trust.heard();
    catchUps[1]!.resolve();
    await settle();
    expect(changes).toEqual([true, false, true]);
  });

  it('is not gained by a catching-up during which something was missed again', async () => {
    const { trust, catchUps, settle } = someTrust();
    trust.heard();
    trust.lose();
    trust.heard();
    expect(catchUps).toHaveLength(1);
    catchUps[0]!.resolve();
    await settle();
    expect(trust.trusted).toBe(false);
    trust.heard();
    catchUps[1]!.resolve();
    await settle();
    expect(trust.trusted).toBe(true);
  });

  it('is tried for again by the next heartbeat when catching up has failed', async () => {
    const { trust, catchUps, settle } = someTrust();
    trust.heard();
    catchUps[0]!.reject(new Error('gone again'));
    await settle();
    expect(trust.trusted).toBe(false);
    trust.heard();
    catchUps[1]!.resolve();
    await settle();
    expect(trust.trusted).toBe(true);
  });
});
