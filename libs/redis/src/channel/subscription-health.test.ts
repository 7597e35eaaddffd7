import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SubscriptionHealth } from './subscription-health.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function someTrust() {
  const changes: boolean[] = [];
  const catchUps: PromiseWithResolvers<void>[] = [];
  const trust = new SubscriptionHealth(
    {
      onLiveChange: (trusted) => changes.push(trusted),
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
    trust.heartbeatReceived();
    trust.heartbeatReceived();
    expect(trust.isLive).toBe(false);
    expect(catchUps).toHaveLength(1);
    catchUps[0]!.resolve();
    await settle();
    expect(trust.isLive).toBe(true);
    expect(changes).toEqual([true]);
  });

  it('is lost after a second of silence, and gained anew by catching up again', async () => {
    const { trust, changes, catchUps, settle } = someTrust();
    trust.heartbeatReceived();
    catchUps[0]!.resolve();
    await settle();
    await vi.advanceTimersByTimeAsync(999);
    trust.heartbeatReceived();
    await vi.advanceTimersByTimeAsync(999);
    expect(trust.isLive).toBe(true);
    await vi.advanceTimersByTimeAsync(10);
    expect(trust.isLive).toBe(false);
    trust.heartbeatReceived();
    catchUps[1]!.resolve();
    await settle();
    expect(changes).toEqual([true, false, true]);
  });

  it('is not gained by a catching-up during which something was missed again', async () => {
    const { trust, catchUps, settle } = someTrust();
    trust.heartbeatReceived();
    trust.markStale();
    trust.heartbeatReceived();
    expect(catchUps).toHaveLength(1);
    catchUps[0]!.resolve();
    await settle();
    expect(trust.isLive).toBe(false);
    trust.heartbeatReceived();
    catchUps[1]!.resolve();
    await settle();
    expect(trust.isLive).toBe(true);
  });

  it('is tried for again by the next heartbeat when catching up has failed', async () => {
    const { trust, catchUps, settle } = someTrust();
    trust.heartbeatReceived();
    catchUps[0]!.reject(new Error('gone again'));
    await settle();
    expect(trust.isLive).toBe(false);
    trust.heartbeatReceived();
    catchUps[1]!.resolve();
    await settle();
    expect(trust.isLive).toBe(true);
  });
});
