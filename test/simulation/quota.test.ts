import { describe, expect, it, onTestFinished } from 'vitest';
import { MemoryCooldownStore } from '#tokens/memory/memory-cooldown-store.js';
import { MemoryRenewalSchedule } from '#tokens/memory/memory-renewal-schedule.js';
import type { Token } from '#tokens/model/token.js';
import type { TokenRequest } from '#tokens/model/token-request.js';
import { LocalRenewalLock } from '#tokens/ports/renewal-lock.js';
import { TokenStore } from '#tokens/ports/token-store.js';
import { ScriptedAuthorizationServer } from '#test/scripted-authorization-server.js';
import { resilientBudgetOn } from '../redis/some-budget.js';
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

/** A month. `test:seeds` tries many seeds: of each, the 33 hours in which consumers come, and some days with all of them. */
const days = process.env['SEED'] === undefined ? 31 : 6;
const tokens = 200;
const perHour = 150;
/** At 80 % of it, renewals would need 167 token requests an hour; at its very end 133. */
const lifetime = 1.5 * hour;
/** What is due in it is renewed together, as in a sweep: the commands of Redis for it go together, too. */
const step = minute;
/** A new consumer comes each ten minutes: faster, and the quota could not give all of them a token. */
const arrival = 10 * minute;
/** For so long one replica renews what is due, then the next. */
const turn = 5 * minute;
/** All consumers ask for their token within nine minutes. */
const asksInStep = 23;

const scopes = Array.from({ length: tokens }, (_, n) => `scope-${n}`);
const client = someClient({
  scopes: ScopeSet.of(scopes),
  quotas: { perHour },
  maxTokenRequestsPerMinute: 1_000,
  renewal: new RenewalPolicy({ at: 0.8, jitter: 0.05, minRemaining: 2 * minute, idleAfter: hour }),
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

/** The tokens that replicas share. */
class SharedTokens extends TokenStore {
  readonly tier = 'redis';
  readonly #tokens = new Map<string, Token>();

  override async get({ key }: TokenRequest): Promise<Token | undefined> {
    return this.#tokens.get(key);
  }

  override async put({ key }: TokenRequest, token: Token): Promise<void> {
    this.#tokens.set(key, token);
  }
}

/**
 * 200 consumers ask one of the replicas for their token again and again. Returns what went wrong, and when
 * tokens were requested.
 * @param budgets one for each replica
 */
async function busyDays(clock: FakeClock, budgets: (TokenRequestBudget | undefined)[]) {
  const chance = seeded(seed);
  const authorizationServer = new ScriptedAuthorizationServer(clock);
  authorizationServer.lifetime = lifetime;
  const common = {
    client,
    clock,
    chance,
    authorizationServer,
    shared: budgets.length > 1 ? new SharedTokens() : undefined,
    lock: new LocalRenewalLock(),
    schedule: new MemoryRenewalSchedule(clock),
    cooldowns: new MemoryCooldownStore(clock),
  };
  const replicas = budgets.map((budget) => someBroker({ ...common, budget }));
  const asked: number[] = [];
  const requests = scopes.map((scope) => client.request(ScopeSet.of([scope])));
  const failures: string[] = [];
  const start = clock.now();
  for (let n = 0; clock.now() - start < days * day;) {
    clock.advance(step);
    const { sweep } = replicas[Math.floor(clock.now() / turn) % replicas.length]!;
    await sweep.sweep();
    await sweep.settled();
    const consumers = Math.min(tokens, 1 + Math.floor((clock.now() - start) / arrival));
    const missed: Promise<unknown>[] = [];
    for (const end = n + asksInStep; n < end; n++) {
      const { broker } = replicas[n % replicas.length]!;
      const demand = { trigger: 'demand', consumer: `consumer-${n % consumers}` } as const;
      if (broker.cached(requests[n % consumers]!, demand, clock.now()) !== undefined) continue;
      const failed = (error: unknown) => failures.push(`after ${clock.now() - start} ms: ${String(error)}`);
      missed.push(broker.tokenFor(requests[n % consumers]!, demand).catch(failed));
    }
    await Promise.all(missed);
    while (asked.length < authorizationServer.asked.length) asked.push(clock.now());
  }
  return { failures, asked };
}

describe(`200 tokens and a quota of 150 token requests an hour (seed ${seed})`, () => {
  it(
    `fail no consumer and exceed no quota in ${days} days, without Redis`,
    { timeout: 900_000 },
    async () => {
      const { failures, asked } = await busyDays(new FakeClock(), [undefined]);
      expect(failures).toEqual([]);
      expect(mostInAnHour(asked)).toBeLessThanOrEqual(perHour);
      expect(asked.length).toBeGreaterThan(days * 24 * 100);
    },
  );

  it(
    `fail no consumer and exceed no quota in ${days} days, with 3 replicas and Redis`,
    { timeout: 900_000 },
    async () => {
      const redis = await SomeRedis.start();
      onTestFinished(() => redis.stop());
      const clock = new FakeClock();
      const parts = [1, 2, 3].map(() => redis.parts(undefined, clock));
      const replicas = (await Promise.all(parts)).map((one) => resilientBudgetOn(one));
      const { failures, asked } = await busyDays(
        clock,
        replicas.map(({ budget }) => budget),
      );
      expect(failures).toEqual([]);
      expect(mostInAnHour(asked)).toBeLessThanOrEqual(perHour);
      expect(asked.length).toBeGreaterThan(days * 24 * 100);
      expect(replicas.flatMap(({ failed }) => failed)).toEqual([]);
    },
  );
});
