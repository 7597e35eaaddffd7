import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';
import { timed } from '#test/process-time.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UpstreamFailure } from '#tokens/model/failures.js';
import type { RenewalLock } from '#tokens/ports/renewal-lock.js';
import type { TokenRequest } from '#tokens/model/token-request.js';
import { awaitLease, heldBy, leaseOf, someRequest } from '#test/leases.js';

export interface SharedLocks {
  /** The lock as several replicas have it. */
  replicas: RenewalLock[];
  /** Makes the lock of this request somebody else's, whoever holds it. */
  seize(request: TokenRequest): Promise<void>;
  stop(): Promise<void>;
}

/** What every RenewalLock promises. */
export function describeRenewalLock(name: string, make: () => RenewalLock): void {
  describe(`${name} as a RenewalLock`, () => {
    it('gives the lease to who asks alone, again and again, each with a higher generation', async () => {
      const [lock, request] = [make(), someRequest()];
      const generations: number[] = [];
      for (let times = 0; times < 5; times++) {
        const lease = await leaseOf(lock.acquire(request));
        generations.push(lease.generation);
        await lease.release();
      }
      expect(generations).toEqual([...new Set(generations)].toSorted((a, b) => a - b));
      expect(generations).toHaveLength(5);
    });

    it('keeps requests apart', async () => {
      const lock = make();
      const leases = [await leaseOf(lock.acquire(someRequest())), await leaseOf(lock.acquire(someRequest()))];
      await Promise.all(leases.map((lease) => lease.release()));
      expect(leases).toHaveLength(2);
    });

    it('may be released twice, and with a failure', async () => {
      const [lock, request] = [make(), someRequest()];
      const lease = await leaseOf(lock.acquire(request));
      await lease.release(new UpstreamFailure('unavailable', 'down'));
      await lease.release();
      const again = await lock.acquire(request);
      expect(again.outcome).toBe('acquired');
      await (await leaseOf(again)).release();
    });
  });
}

/** What a RenewalLock promises that several replicas share. */
export function describeSharedRenewalLock(name: string, make: () => Promise<SharedLocks>): void {
  describe(`${name} as a RenewalLock of several replicas`, () => {
    let locks: SharedLocks;
    beforeAll(async () => {
      locks = await make();
    });
    afterAll(() => locks?.stop());

    it('has one holder at a time, however many contend, and each a higher generation', async () => {
      const [request, generations] = [someRequest(), [] as number[]];
      let holders = 0;
      const contend = async (lock: RenewalLock) => {
        const lease = await awaitLease(lock, request);
        expect(++holders).toBe(1);
        generations.push(lease.generation);
        await pause(2); // A token request takes a while.
        holders--;
        await lease.release();
      };
      await Promise.all(Array.from({ length: 4 }, () => locks.replicas.map(contend)).flat());
      expect(generations).toHaveLength(4 * locks.replicas.length);
      expect(generations).toEqual([...new Set(generations)].toSorted((a, b) => a - b));
    });

    it('tells those who wait of the failure of the holder, at once', async () => {
      const [request, [holder, ...others]] = [someRequest(), locks.replicas];
      const lease = await leaseOf(holder!.acquire(request));
      const waiting = await Promise.all(others.map((lock) => heldBy(lock, request)));
      const failures = timed(Promise.all(waiting.map(({ result: settled }) => settled)));
      await lease.release(new UpstreamFailure('throttled', 'asked too often', { retryAfter: 7_000 }));
      const { answer, took } = await failures;
      for (const failure of answer) {
        expect(failure).toMatchObject({ reason: 'throttled', message: 'asked too often', retryAfter: 7_000 });
      }
      expect(took).toBeLessThan(300);
    });

    it('tells those who wait, at once, that the lease is to be had again', async () => {
      const [request, [holder, other]] = [someRequest(), locks.replicas];
      const lease = await leaseOf(holder!.acquire(request));
      const { result: settled } = await heldBy(other!, request);
      const hearing = timed(settled);
      await lease.release();
      const { answer, took } = await hearing;
      expect(answer).toBeUndefined();
      expect(took).toBeLessThan(300);
      await (await leaseOf(other!.acquire(request))).release();
    });

    it('lets those who wait look for themselves, when they hear of nothing', async () => {
      const [request, [holder, other]] = [someRequest(), locks.replicas];
      const lease = await leaseOf(holder!.acquire(request));
      const { result: settled } = await heldBy(other!, request);
      const { answer, took } = await timed(settled);
      expect(answer).toBeUndefined();
      expect(took).toBeLessThan(1_000);
      await lease.release();
    });

    it('stays with its holder beyond the life of the lock', async () => {
      const [request, [holder, other]] = [someRequest(), locks.replicas];
      const lease = await leaseOf(holder!.acquire(request));
      const until = performance.now() + 3_500;
      while (performance.now() < until) await (await heldBy(other!, request)).result;
      expect(lease.signal?.aborted).toBe(false);
      await lease.release();
      await (await leaseOf(other!.acquire(request))).release();
    });

    it('aborts the signal of a lease that was lost, and leaves the lock to whose it is', async () => {
      const [request, [holder, other]] = [someRequest(), locks.replicas];
      const lease = await leaseOf(holder!.acquire(request));
      await locks.seize(request);
      while (lease.signal?.aborted === false) await turn();
      await lease.release(new UpstreamFailure('unavailable', 'of no interest any more'));
      expect(await (await heldBy(other!, request)).result).toBeUndefined();
    });
  });
}
