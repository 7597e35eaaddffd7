import { describe, expect, it, onTestFinished } from 'vitest';
import { RedisTokenRequestBudget } from '#redis/budget/redis-token-request-budget.js';
import { RenewalPolicy } from '#tokens/model/renewal-policy.js';
import { ScopeSet } from '#tokens/model/scope-set.js';
import type { TokenRequestBudget } from '#tokens/ports/token-request-budget.js';
import { FakeClock } from '#test/fake-clock.js';
import { seed } from '#test/seed.js';
import { someBroker } from '#test/some-broker.js';
import { someClient } from '#test/the.js';
import { SomeRedis } from '../redis/some-redis-parts.js';
import { seeded } from './virtual-time.js';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

const tokens = 200;
const perHour = 150;
/** At 80 % of it, renewals would need 167 token requests an hour; at its very end 133. */
const lifetime = 1.5 * hour;
const step = 10_000;
/** A new consumer comes each ten minutes: faster, and the quota could not give all of them a token. */
const arrival = 10 * minute;
/** All consumers ask for their token within nine minutes. */
const asksInStep = 4;

interface Surroundings {
  clock: FakeClock;
  budget?: TokenRequestBudget;
}

const scopes = Array.from({ length: tokens }, (_, n) => `scope-${n}`);
const client = someClient({
  scopes: ScopeSet.of(scopes),
  quotas: { perHour },
  maxTokenRequestsPerMinute: 1_000,
  renewal: new RenewalPolicy({ at: 0.8, jitter: 0.05, minRemaining: minute, idleAfter: hour }),
});

/** The most requests in any hour. */
function mostInAnHour(instants: readonly number[]): number {
  let [first, most] = [0, 0];
  for (const [n, at] of instants.entries()) {
    while (instants[first]! <= at - hour) first++;
    most = Math.max(most, n - first + 1);
  }
  return most;
}

/** 200 consumers ask for their token again and again, for so long. Returns what went wrong, and when tokens were requested. */
async function live(duration: number, { clock, budget }: Surroundings) {
  const chance = seeded(seed);
  const { broker, sweep, server } = someBroker({ client, clock, chance, ...(budget && { budget }) });
  server.lifetime = lifetime;
  const asked: number[] = [];
  const requests = scopes.map((scope) => client.request(ScopeSet.of([scope])));
  const failures: string[] = [];
  const start = clock.now();
  for (let n = 0; clock.now() - start < duration;) {
    clock.advance(step);
    await sweep.sweep();
    await sweep.settled();
    const consumers = Math.min(tokens, 1 + Math.floor((clock.now() - start) / arrival));
    for (const end = n + asksInStep; n < end; n++) {
      const demand = { trigger: 'demand', consumer: `consumer-${n % consumers}` } as const;
      if (broker.cached(requests[n % consumers]!, demand) !== undefined) continue;
      const failed = (error: unknown) => failures.push(`after ${clock.now() - start} ms: ${String(error)}`);
      await broker.tokenFor(requests[n % consumers]!, demand).catch(failed);
    }
    while (asked.length < server.asked.length) asked.push(clock.now());
  }
  return { failures, asked };
}

describe(`200 tokens and a quota of 150 token requests an hour (seed ${seed})`, () => {
  it('fail no consumer and exceed no quota in a month, without Redis', { timeout: 300_000 }, async () => {
    const { failures, asked } = await live(31 * day, { clock: new FakeClock() });
    expect(failures).toEqual([]);
    expect(mostInAnHour(asked)).toBeLessThanOrEqual(perHour);
    expect(asked.length).toBeGreaterThan(31 * 24 * 100);
  });

  it('fail no consumer and exceed no quota in two days, with Redis', { timeout: 300_000 }, async () => {
    const redis = await SomeRedis.start();
    onTestFinished(() => redis.stop());
    const parts = await redis.parts();
    const { failures, asked } = await live(2 * day, {
      clock: parts.clock,
      budget: new RedisTokenRequestBudget(parts),
    });
    expect(failures).toEqual([]);
    expect(mostInAnHour(asked)).toBeLessThanOrEqual(perHour);
  });
});
