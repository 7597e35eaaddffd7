import { describe, expect, it } from 'vitest';
import { seed } from '#test/seed.js';
import { renewal } from '#test/the.js';
import { SimulatedFleet } from './simulated-fleet.js';

const lifetime = 60_000;
const earliestRenewal = renewal.renewAfter(lifetime, () => 0);
const patience = 120_000;

/** Milliseconds between the token requests for one token, for all tokens. */
function gaps({ keys, server }: SimulatedFleet): number[] {
  return keys.flatMap((key) => {
    const times = server.askedAt.get(key) ?? [];
    return times.slice(1).map((at, n) => at - times[n]!);
  });
}

describe(`simulated replicas (seed ${seed})`, () => {
  it('that are a thousand cost one token request for each token and life, never two at once', async () => {
    const fleet = new SimulatedFleet({ seed, replicas: 1_000, tokens: 50, lifetime });
    await fleet.time.pass(3 * lifetime);
    expect(fleet.complaints).toEqual([]);
    expect(fleet.answers).toBeGreaterThan(100_000);
    expect(fleet.server.mostAtOnceForOneToken).toBe(1);
    expect(Math.min(...gaps(fleet))).toBeGreaterThanOrEqual(earliestRenewal);
  }, 120_000);

  it(
    'that are a thousand and wait for the same new token are served by one token request, at once',
    async () => {
      const fleet = new SimulatedFleet({ seed, replicas: 1_000, tokens: 1, lifetime });
      const lastServed = await fleet.coldBurst();
      expect(fleet.server.count).toBe(1);
      expect(lastServed - fleet.server.lastAnsweredAt).toBeLessThan(20);
    },
    patience,
  );

  it(
    'do not make renewals of tokens that began together come due together',
    async () => {
      const fleet = new SimulatedFleet({ seed, replicas: 50, tokens: 400, lifetime });
      await fleet.time.pass(2 * lifetime);
      const perSecond = new Map<number, number>();
      for (const at of [...fleet.server.askedAt.values()].flatMap((times) => times.slice(1))) {
        const second = Math.floor(at / 1_000);
        perSecond.set(second, (perSecond.get(second) ?? 0) + 1);
      }
      // Over the 10 % of the lifetime that jitter spreads them, 400 renewals are 67 in a second.
      expect(Math.max(...perSecond.values())).toBeLessThan(150);
    },
    patience,
  );

  it.each([1, 2, 3].map((n) => seed + n))(
    'serve on, and nobody an older token, whatever dies, stops or forgets (seed %i)',
    async (ownSeed) => {
      const fleet = new SimulatedFleet({ seed: ownSeed, replicas: 100, tokens: 20, lifetime });
      await fleet.time.pass(lifetime / 2);
      let faults = 0;
      for (const end = fleet.time.now() + 4 * lifetime; fleet.time.now() < end; faults++) {
        await fleet.time.pass(fleet.chance() * 10_000);
        const fault = Math.floor(fleet.chance() * 5);
        if (fault === 0) fleet.victim().ports.crash();
        if (fault === 1) fleet.victim().ports.pause(2_000 + fleet.chance() * 8_000);
        if (fault === 2) fleet.victim().ports.cutOff(fleet.chance() * 5_000);
        if (fault === 3) fleet.redis.loseLocks();
        if (fault === 4) fleet.emptyRedis();
      }
      await fleet.time.pass(lifetime);
      expect(fleet.complaints).toEqual([]);
      const early = gaps(fleet).filter((gap) => gap < earliestRenewal).length;
      expect(fleet.redis.refusedWrites).toBeGreaterThan(0);
      expect(early).toBeLessThanOrEqual(faults);
    },
    patience,
  );
});
